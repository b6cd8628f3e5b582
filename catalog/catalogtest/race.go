package catalogtest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// Whoever comes first makes the fact; the bytes of all others are evidence.
func testFactRace(t *testing.T, db *catalog.DB) {
	const writers = 8
	job := created(t, db, "film", 0)
	var group errgroup.Group
	for i := range writers {
		group.Go(func() error {
			r := Executed(job.ID, fmt.Sprint("step ", i%2), i%2, fmt.Sprint("bytes ", i))
			r.Result.ResolvedID = dag.CacheID(content("the same work"))
			return db.RecordSteps(t.Context(), []catalog.StepRecord{r})
		})
	}
	must(t, group.Wait())
	one, two := fact(t, db, step("step 0")), fact(t, db, step("step 1"))
	if one.Content != two.Content {
		t.Errorf("the same work came to %s and %s", one.Content, two.Content)
	}
	if got := differences(t, db, dag.CacheID{}); len(got) != writers-1 {
		t.Errorf("%d differences, want %d", len(got), writers-1)
	}
}

// Writers that touch the same rows in different orders wait for each other, and
// not for ever.
func testItemRace(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	var group errgroup.Group
	for i := range 12 {
		var items []catalog.Item
		for j := range 100 {
			items = append(items, catalog.Item{Content: content(fmt.Sprint(j)), CID: fmt.Sprint("bafy", j), Created: epoch()})
		}
		if i%2 == 0 {
			slices.Reverse(items)
		}
		group.Go(func() error {
			if i%3 == 0 {
				return db.RecordItems(t.Context(), items)
			}
			r := Executed(job.ID, fmt.Sprint(i), i, "x")
			r.Items = items
			return db.RecordSteps(t.Context(), []catalog.StepRecord{r})
		})
	}
	must(t, group.Wait())
	if got := len(allSteps(t, db, job.ID)); got != 8 {
		t.Errorf("%d steps are recorded, want 8", got)
	}
}

func testFinishRace(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	var group errgroup.Group
	var won atomic.Int32
	for i := range 8 {
		group.Go(func() error {
			end := func() error { return db.CancelJob(t.Context(), job.ID, after(i), "", catalog.Counts{}) }
			if i%2 == 0 {
				end = func() error {
					return db.FinishJob(t.Context(), job.ID, catalog.Finish{Status: catalog.Completed, At: after(i)})
				}
			}
			err := end()
			var state *catalog.StateError
			if err == nil {
				won.Add(1)
			} else if !errors.As(err, &state) {
				return err
			}
			return nil
		})
	}
	must(t, group.Wait())
	if got := won.Load(); got != 1 {
		t.Errorf("the job ended %d times, want once", got)
	}
}
