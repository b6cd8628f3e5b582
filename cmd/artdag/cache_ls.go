package main

import (
	"fmt"
	"text/tabwriter"
	"time"
)

type cacheLsCmd struct {
	shared
	Kind string `enum:"all,entry,source,plan,analysis,log,hashed" default:"all" help:"Only this kind: entry, source, plan, analysis, log, hashed."`
}

// Run lists what is in the cache, a line each.
func (c cacheLsCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for item, err := range w.cache.List(a.ctx) {
		if err != nil {
			return err
		}
		if c.Kind == "all" || c.Kind == string(item.Kind) {
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", item.Kind, item.ID, item.Size, item.LastUsed.Local().Format(time.DateTime))
		}
	}
	return table.Flush()
}
