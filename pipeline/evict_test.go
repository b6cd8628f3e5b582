package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
)

// kept is what must stay.
type kept []dag.Input

func (k kept) Keep(context.Context) ([]dag.Input, error) { return k, nil }

func TestEvict(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		const size = 100_000
		// Another process fills the cache, and has no limit.
		dir := t.TempDir()
		c, other := openCache(t, dir, 3*size), openCache(t, dir, 1<<40)
		all := fill(t, other, size, "abcdef")
		p := pipeline.NewEvict("here", c, kept{dag.ContentInput(all[0]), dag.ContentInput(all[1])}, time.Now)
		r := start(t, db, newClock(), "a", p)
		t.Cleanup(func() { r.Stop(); _ = p.Close() })
		reaches(t, r, "evict@here", pipeline.Idle)
		stats, err := c.Stats(t.Context())
		if err != nil || stats.Bytes > 3*size {
			t.Errorf("the cache takes %d bytes, %v", stats.Bytes, err)
		}
		for i, h := range all[:2] {
			if _, err := c.Source(h); err != nil {
				t.Errorf("held content %d is gone: %v", i, err)
			}
		}
		// It fills again, and that is no repetition.
		before := status(r, "evict@here").Processed
		fill(t, other, size, "xyz")
		r.Wake("evict@here")
		until(t, "it evicts again", func() bool { return status(r, "evict@here").Processed > before })
		reaches(t, r, "evict@here", pipeline.Idle)
		if _, err := other.GC(t.Context(), 0, false); err != nil {
			t.Fatal(err)
		}
		for i, h := range all[:2] {
			if _, err := c.Source(h); err != nil {
				t.Errorf("held content %d is gone, evicted by another: %v", i, err)
			}
		}
		if s := status(r, "evict@here"); s.Parked > 0 {
			t.Errorf("status is %+v", s)
		}
	})
}

func openCache(t *testing.T, dir string, limit int64) *cache.Cache {
	t.Helper()
	c, err := cache.Open(dir, cache.Options{Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// fill stores one source of that size per letter.
func fill(t *testing.T, c *cache.Cache, size int, letters string) (all []dag.ContentHash) {
	t.Helper()
	for _, letter := range letters {
		s, err := c.PutSource(t.Context(), strings.NewReader(strings.Repeat(string(letter), size)), dag.ContentHash{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s.Hash)
	}
	return all
}
