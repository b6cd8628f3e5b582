package main

import (
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

type cacheCmd struct {
	Ls      cacheLsCmd      `cmd:"" help:"List what is in the cache."`
	Stats   cacheStatsCmd   `cmd:"" help:"Count and add up."`
	GC      cacheGCCmd      `cmd:"" name:"gc" help:"Evict what was used least recently, down to the limit."`
	Verify  cacheVerifyCmd  `cmd:"" help:"Re-hash everything."`
	Rm      cacheRmCmd      `cmd:"" help:"Remove entries or sources."`
	Pin     cachePinCmd     `cmd:"" help:"Keep an entry or a source whatever the limit."`
	Unpin   cacheUnpinCmd   `cmd:"" help:"Keep it no longer."`
	Rebuild cacheRebuildCmd `cmd:"" help:"Make the index files anew from the entries' folders."`
}

type cacheLsCmd struct {
	shared
	Kind string `enum:",entry,source,plan,analysis,log,hashed" default:"" help:"Only this kind: entry, source, plan, analysis, log, hashed."`
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
		if c.Kind == "" || c.Kind == string(item.Kind) {
			fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", item.Kind, item.ID, item.Size, item.LastUsed.Local().Format(time.DateTime))
		}
	}
	return table.Flush()
}

type cacheStatsCmd struct{ shared }

// Run prints counts and exact sizes.
func (c cacheStatsCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	s, err := w.cache.Stats(a.ctx)
	if err != nil {
		return err
	}
	a.printf("folder   %s\n", w.cache.Dir())
	var kinds []cache.Kind
	for kind := range s.Count {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		a.printf("%-8s %d\n", kind, s.Count[kind])
	}
	a.printf("pins     %d\nbytes    %s\nshared   %s saved by keeping the same bytes once\nlimit    %s\nfree     %s on the disk\n",
		s.Pins, size(s.Bytes), size(s.Shared), size(s.Limit), size(s.Free))
	return nil
}

// size prints exact bytes, and how people say it.
func size(n int64) string {
	return fmt.Sprintf("%d (%s)", n, humanize.IBytes(uint64(max(n, 0))))
}

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
		if e.Freed == 0 {
			note = " (its bytes are shared with what stays)"
		}
		a.printf("%s %s %s: frees %d%s\n", verb, e.Kind, e.ID, e.Freed, note)
	}
	a.printf("%s %d, freeing %s; %s -> %s; %d kept because they are pinned, held or in use\n",
		verb, len(report.Evicted), size(report.Freed), size(report.Before), size(report.After), report.Kept)
	return nil
}

type cacheVerifyCmd struct {
	shared
	Repair bool `help:"Remove what is damaged, so that it is made again."`
}

// Run re-hashes everything. Damage is exit code 1.
func (c cacheVerifyCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	report, err := w.cache.Verify(a.ctx, c.Repair, nil)
	if err != nil {
		return err
	}
	left := 0
	for _, p := range report.Problems {
		state := ""
		if p.Repaired {
			state = " (removed)"
		} else {
			left++
		}
		a.printf("DAMAGED %s %s: %v%s\n", p.Item.Kind, p.Item.ID, p.Err, state)
	}
	a.printf("verified %d, %s: %d damaged\n", report.Checked, size(report.Bytes), len(report.Problems))
	if left > 0 {
		return fmt.Errorf("%w: run artdag cache verify --repair to remove what is damaged", errors.New("the cache holds bytes that are not what they should be"))
	}
	return nil
}

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

type cachePinCmd struct {
	shared
	IDs []string `arg:"" name:"id" help:"A cache_id or a content hash."`
}

// Run pins.
func (c cachePinCmd) Run(a *app) error {
	return a.each(c.shared, c.IDs, func(w *workshop, ref dag.Input) error { return w.cache.Pin(ref) })
}

type cacheUnpinCmd struct {
	shared
	IDs []string `arg:"" name:"id" help:"A cache_id or a content hash."`
}

// Run unpins.
func (c cacheUnpinCmd) Run(a *app) error {
	return a.each(c.shared, c.IDs, func(w *workshop, ref dag.Input) error { return w.cache.Unpin(ref) })
}

// each finds what every id stands for and acts on it.
func (a *app) each(s shared, ids []string, act func(*workshop, dag.Input) error) error {
	w, err := a.open(s)
	if err != nil {
		return err
	}
	defer w.close()
	for _, id := range ids {
		ref, err := w.find(id)
		if err != nil {
			return err
		}
		if err := act(w, ref); err != nil {
			return err
		}
	}
	return nil
}

// find resolves the beginning of an id to the one entry or source that has it.
func (w *workshop) find(id string) (dag.Input, error) {
	const least = 8
	var found []dag.Input
	for item, err := range w.cache.List(w.app.ctx) {
		if err != nil {
			return dag.Input{}, err
		}
		if len(id) < least || !hasPrefix(item.ID, id) {
			continue
		}
		switch item.Kind {
		case cache.KindEntry:
			step, err := dag.ParseID[dag.CacheID](item.ID)
			if err != nil {
				return dag.Input{}, err
			}
			found = append(found, dag.StepInput(step, ""))
		case cache.KindSource:
			hash, err := dag.ParseID[dag.ContentHash](item.ID)
			if err != nil {
				return dag.Input{}, err
			}
			found = append(found, dag.ContentInput(hash))
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return dag.Input{}, usagef("%s: no entry or source of the cache begins so (give at least %d digits; see artdag cache ls)", id, least)
	}
	return dag.Input{}, usagef("%s: %d entries or sources begin so; give more digits", id, len(found))
}

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
