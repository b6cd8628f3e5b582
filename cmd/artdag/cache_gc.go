package main

import (
	"github.com/dustin/go-humanize"
)

type cacheGCCmd struct {
	shared
	To     string `placeholder:"SIZE" help:"Evict down to this instead of the limit; 0 evicts all that is not pinned or in use."`
	DryRun bool   `short:"n" help:"Only say what would go."`
}

// Run evicts, and says exactly what that freed.
func (c cacheGCCmd) Run(a *app) error {
	limit := int64(-1)
	if c.To != "" {
		n, err := humanize.ParseBytes(c.To)
		if err != nil {
			return usagef("--to %q: want bytes such as 200GB", c.To)
		}
		limit = int64(n)
	}
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	report, err := w.cache.GC(a.ctx, limit, c.DryRun)
	if err != nil {
		return err
	}
	verb := "evicted"
	if c.DryRun {
		verb = "would evict"
	}
	for _, e := range report.Evicted {
		note := ""
		if e.Freed == 0 && e.Size > 0 {
			note = " (its bytes are shared with what stays)"
		}
		a.printf("%s %s %s: frees %d%s\n", verb, e.Kind, e.ID, e.Freed, note)
	}
	a.printf("%s %d, freeing %s; %s -> %s; %d kept because they are pinned, held or in use\n",
		verb, len(report.Evicted), size(report.Freed), size(report.Before), size(report.After), report.Kept)
	return nil
}
