package main

import (
	"github.com/artdag/artdag/dag"
)

type cacheRmCmd struct {
	shared
	IDs    []string `arg:"" name:"id" help:"A cache_id of an entry or a content hash of a source; its first 8 digits or more will do."`
	DryRun bool     `short:"n" help:"Only say what would go."`
}

// Run removes entries or sources, and says what that freed.
func (c cacheRmCmd) Run(a *app) error {
	return a.each(c.shared, c.IDs, func(w *workshop, ref dag.Input) error {
		freed, err := w.cache.Remove(a.ctx, ref, c.DryRun)
		if err != nil {
			return err
		}
		verb := "removed"
		if c.DryRun {
			verb = "would remove"
		}
		a.printf("%s %s: frees %s\n", verb, ref, size(freed))
		return nil
	})
}
