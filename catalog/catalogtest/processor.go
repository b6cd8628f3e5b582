package catalogtest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/catalog"
)

const lease = time.Second

func wantLease(t *testing.T, db *catalog.DB, owner string, ms int, wantCursor string, wantHeld bool) {
	t.Helper()
	cursor, held, err := db.Acquire(t.Context(), "record", owner, after(ms), lease)
	if err != nil || held != wantHeld || cursor != wantCursor {
		t.Errorf("%s at %d ms: cursor %q, held %v, %v, want %q, %v", owner, ms, cursor, held, err, wantCursor, wantHeld)
	}
}

func testLeases(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	wantLease(t, db, "a", 0, "", true)
	wantLease(t, db, "b", 999, "", false)
	must(t, db.Advance(ctx, "record", "a", "", "5", after(999), catalog.Writes{}))
	wantLease(t, db, "a", 999, "5", true) // until 1999
	wantLease(t, db, "b", 1998, "", false)
	wantLease(t, db, "b", 1999, "5", true)
	wantLease(t, db, "a", 2000, "", false)
	must(t, db.Release(ctx, "record", "a")) // not its lease
	wantLease(t, db, "a", 2000, "", false)
	must(t, db.Release(ctx, "record", "b"))
	wantLease(t, db, "a", 2000, "5", true)
	if _, held, err := db.Acquire(ctx, "pin", "b", after(2000), lease); err != nil || !held {
		t.Errorf("another processor: %v, %v", held, err)
	}
}

func testAdvance(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	if err := db.Advance(ctx, "record", "a", "", "1", after(0), catalog.Writes{}); !errors.Is(err, catalog.ErrMoved) {
		t.Errorf("advance without a lease: %v, want ErrMoved", err)
	}
	wantLease(t, db, "a", 0, "", true)
	must(t, db.Advance(ctx, "record", "a", "", "1", after(1), catalog.Writes{
		Steps: []catalog.StepRecord{Executed(job.ID, "s", 0, "x")},
		Items: []catalog.Item{{Content: content("y"), Size: 1, Created: epoch()}},
		Pins:  []catalog.Pin{{Content: content("x"), StorageID: "kubo", Type: catalog.PinOutput, Pinned: after(1)}},
	}))
	late := catalog.Writes{Items: []catalog.Item{{Content: content("late"), Created: epoch()}}}
	for what, err := range map[string]error{
		"an old cursor":  db.Advance(ctx, "record", "a", "", "2", after(2), late),
		"another owner":  db.Advance(ctx, "record", "b", "1", "2", after(2), late),
		"a lapsed lease": db.Advance(ctx, "record", "a", "1", "2", after(1000), late),
	} {
		if !errors.Is(err, catalog.ErrMoved) {
			t.Errorf("advance with %s: %v, want ErrMoved", what, err)
		}
	}
	if _, err := db.Item(ctx, content("late")); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a refused advance wrote: %v", err)
	}
	if fact(t, db, step("s")).Content != content("x") || len(allSteps(t, db, job.ID)) != 1 {
		t.Error("the step is not recorded")
	}
	if _, err := db.Item(ctx, content("y")); err != nil {
		t.Error(err)
	}
	must(t, db.Advance(ctx, "record", "a", "1", "1", after(3), catalog.Writes{})) // without a stream
	wantLease(t, db, "a", 4, "1", true)
}

func testAdvanceAtomic(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	wantLease(t, db, "a", 0, "", true)
	err := db.Advance(ctx, "record", "a", "", "1", after(1), catalog.Writes{
		Items:  []catalog.Item{{Content: content("x"), Created: epoch()}},
		Faults: []catalog.ItemFault{{Item: "x", Tries: -1}},
	})
	if err == nil || errors.Is(err, catalog.ErrMoved) {
		t.Errorf("an impossible write: %v", err)
	}
	wantLease(t, db, "a", 2, "", true)
	if _, err := db.Item(ctx, content("x")); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a refused advance wrote: %v", err)
	}
}

// Of many who advance from the same place one alone does.
func testAdvanceRace(t *testing.T, db *catalog.DB) {
	wantLease(t, db, "a", 0, "", true)
	var group errgroup.Group
	var won atomic.Int32
	for i := range 10 {
		group.Go(func() error {
			err := db.Advance(t.Context(), "record", "a", "", fmt.Sprint("to ", i), after(1), catalog.Writes{
				Items: []catalog.Item{{Content: content(fmt.Sprint(i)), Created: epoch()}},
			})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, catalog.ErrMoved) {
				return err
			}
			return nil
		})
	}
	must(t, group.Wait())
	if got := won.Load(); got != 1 {
		t.Errorf("%d advanced, want 1", got)
	}
}

func testFaults(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	wantLease(t, db, "a", 0, "", true)
	soon := catalog.ItemFault{Item: "soon", Error: "no \x00 disk", Class: "failed", Tries: 1, NextAt: after(10)}
	later := catalog.ItemFault{Item: "later", Error: "e", Tries: 2, NextAt: after(20)}
	parked := catalog.ItemFault{Item: "parked", Error: "e", Tries: 5, Parked: true}
	given := []catalog.ItemFault{later, soon, parked}
	must(t, db.Advance(ctx, "record", "a", "", "", after(1), catalog.Writes{Faults: given}))
	if given[0].Processor != "" {
		t.Error("the caller's faults were changed")
	}
	soon.Error = "no \uFFFD disk"
	for _, f := range []*catalog.ItemFault{&soon, &later, &parked} {
		f.Processor = "record"
	}
	compareFaults(t, "due at 9", nil)(db.DueFaults(ctx, "record", after(9), 10))
	compareFaults(t, "due at 20", []catalog.ItemFault{soon, later})(db.DueFaults(ctx, "record", after(20), 10))
	compareFaults(t, "one due", []catalog.ItemFault{soon})(db.DueFaults(ctx, "record", after(20), 1))
	compareFaults(t, "all", []catalog.ItemFault{later, parked, soon})(db.Faults(ctx, "", false, 10))
	compareFaults(t, "parked", []catalog.ItemFault{parked})(db.Faults(ctx, "record", true, 10))
	compareFaults(t, "of another", nil)(db.Faults(ctx, "pin", false, 10))
	of, err := db.FaultsOf(ctx, "record", []string{"soon", "fine", "parked"})
	must(t, err)
	if diff := cmp.Diff(map[string]catalog.ItemFault{"soon": soon, "parked": parked}, of); diff != "" {
		t.Errorf("faults of items (-want +got):\n%s", diff)
	}
	soon.Tries, soon.NextAt = 2, after(30)
	must(t, db.Advance(ctx, "record", "a", "", "", after(2), catalog.Writes{
		Faults: []catalog.ItemFault{soon}, Cleared: []string{"later", "fine"},
	}))
	compareFaults(t, "after the second round", []catalog.ItemFault{parked, soon})(db.Faults(ctx, "record", false, 10))
}

func compareFaults(t *testing.T, what string, want []catalog.ItemFault) func([]catalog.ItemFault, error) {
	return func(got []catalog.ItemFault, err error) {
		t.Helper()
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}
