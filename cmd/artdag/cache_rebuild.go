package main

type cacheRebuildCmd struct{ shared }

// Run makes the index files anew.
func (c cacheRebuildCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	return w.cache.Rebuild(a.ctx)
}
