package claim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/claim"
)

func (f *farm) wantBacklog(want ...claim.Load) {
	f.t.Helper()
	got, err := f.Backlog(f.ctx(), classes)
	f.ok(err)
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Fatalf("the backlog differs from what is wanted:\n%s", diff)
	}
}

func TestBacklogIsWhatCouldRunNow(t *testing.T) {
	onEach(t, func(t *testing.T, f *farm) {
		f.wantBacklog()
		steps := fan()
		steps[1].Class, steps[1].Tags = "gpu", []string{"nvidia", "large"}
		steps[2].Slots = 4
		f.submit("job1", steps...)
		f.wantBacklog(claim.Load{Class: "cpu", Slots: 1, Ready: 1}) // what waits for src is not there yet
		w := worker("w1")
		src := f.take("src", w)
		f.wantBacklog(claim.Load{Class: "cpu", Slots: 1, Running: 1})
		f.finish(src, w, claim.Hand{})
		f.released("cpu")
		f.wantBacklog(
			claim.Load{Class: "cpu", Slots: 1, Queued: 1},
			claim.Load{Class: "cpu", Slots: 4, Queued: 1},
			claim.Load{Class: "gpu", Tags: "large,nvidia", Slots: 1, Ready: 1},
		)
		if _, err := f.Fail(f.ctx(), f.claimed("c", w), w, claim.Failed, "broken pipe", 3, time.Minute); err != nil {
			t.Fatal(err)
		}
		f.wantBacklog(
			claim.Load{Class: "cpu", Slots: 1, Delayed: 1},
			claim.Load{Class: "cpu", Slots: 4, Queued: 1},
			claim.Load{Class: "gpu", Tags: "large,nvidia", Slots: 1, Ready: 1},
		)
	})
}

func TestBacklogCountsASharedStepOnce(t *testing.T) {
	onEach(t, func(t *testing.T, f *farm) {
		for i := range 20 {
			f.submit(fmt.Sprintf("job%d", i), step("shared"), step(fmt.Sprintf("own%d", i)))
		}
		f.wantBacklog(claim.Load{Class: "cpu", Slots: 1, Ready: 21})
		f.released("cpu")
		f.wantBacklog(claim.Load{Class: "cpu", Slots: 1, Queued: 21}) // nineteen lists still name shared
	})
}

func TestBacklogLeavesOutWhatIsPaused(t *testing.T) {
	onEach(t, func(t *testing.T, f *farm) {
		f.submit("job1", step("a"), step("shared"))
		f.submit("job2", step("b"), step("shared"))
		f.ok(f.Steer(f.ctx(), "job1", claim.Paused, "", classes))
		f.wantBacklog(claim.Load{Class: "cpu", Slots: 1, Ready: 2})
		f.ok(f.Steer(f.ctx(), "job1", claim.Active, "", classes))
		f.wantBacklog(claim.Load{Class: "cpu", Slots: 1, Ready: 3})
	})
}

// Ten thousand steps, half of each kind: all are counted, some looked at.
func TestBacklogOfManyStepsIsEstimated(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	for job := range 10 {
		var steps []claim.Spec
		for i := range 1000 {
			s := step(fmt.Sprintf("%d of %d", i, job))
			if i%2 == 0 {
				s.Tags = []string{"large"}
			}
			steps = append(steps, s)
		}
		f.submit(fmt.Sprintf("job%d", job), steps...)
	}
	got, err := f.Backlog(f.ctx(), classes)
	f.ok(err)
	if len(got) != 2 || got[0].Ready+got[1].Ready != 10_000 {
		t.Fatalf("the backlog is %+v, want 10,000 steps of two kinds", got)
	}
	for _, load := range got {
		if load.Ready < 4500 || load.Ready > 5500 {
			t.Errorf("of %q there are %d, want about 5,000", load.Tags, load.Ready)
		}
	}
}

func TestUnrecorded(t *testing.T) {
	onEach(t, func(t *testing.T, f *farm) {
		want := func(entries int64) claim.Unrecorded {
			t.Helper()
			got, err := f.Unrecorded(f.ctx())
			f.ok(err)
			if got.Entries != entries || got.Oldest < 0 || got.Oldest > time.Minute {
				t.Fatalf("unrecorded are %+v, want %d", got, entries)
			}
			return got
		}
		want(0)
		w := worker("w1")
		f.submit("job1", step("a"), step("b"), step("c"))
		for _, name := range []string{"a", "b", "c"} {
			f.finish(f.take(name, w), w, claim.Hand{})
		}
		want(3)
		entries, err := f.ReadDone(f.ctx(), "0", 10)
		f.ok(err)
		f.ok(f.Recorded(f.ctx(), entries[1].Stream))
		want(1)
		f.ok(f.Recorded(f.ctx(), entries[2].Stream))
		want(0)
	})
}
