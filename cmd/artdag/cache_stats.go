package main

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/cache"
)

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
