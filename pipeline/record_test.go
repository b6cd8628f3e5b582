package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/servicetest"
)

// recorded starts the processor and waits until it has taken so many.
func (f *farm) recorded(db *catalog.DB, plans pipeline.Plans, n int64) *pipeline.Runner {
	f.t.Helper()
	own, err := claim.New(f.Redis, f.Prefix)
	f.ok(err)
	f.clock = newClock()
	r := start(f.t, db, f.clock, "a", pipeline.NewRecord(own, plans, db))
	f.recordedBy(r, n)
	return r
}

func (f *farm) recordedBy(r *pipeline.Runner, n int64) {
	f.t.Helper()
	r.Wake("record")
	until(f.t, fmt.Sprintf("%d are recorded", n), func() bool { return status(r, "record").Processed == n })
	reaches(f.t, r, "record", pipeline.Idle)
}

func (f *farm) steps(db *catalog.DB, job string) map[string]catalog.StepRecord {
	f.t.Helper()
	all, err := db.JobSteps(f.t.Context(), job, 0, 1000)
	f.ok(err)
	byLabel := make(map[string]catalog.StepRecord)
	for _, s := range all {
		byLabel[s.Label] = s
	}
	return byLabel
}

func TestRecord(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		one := f.submit(db, "a", "b", "c")
		two := f.submit(db, "c", "d")
		if n := f.render(); n != 4 {
			t.Fatalf("rendered %d steps, want 4", n)
		}
		f.recorded(db, f.plans, 4)
		first, second := f.steps(db, one), f.steps(db, two)
		if len(first) != 3 || len(second) != 2 {
			t.Fatalf("recorded %d and %d steps", len(first), len(second))
		}
		a := first["a"]
		if a.Status != catalog.StepCompleted || a.Content != hash("A") || a.Position != 0 || a.Type != "TEST@1" || a.Node != "node" {
			t.Errorf("step a is %+v", a)
		}
		// The shared step was executed once, in one of the jobs.
		if x, y := first["c"].Status, second["c"].Status; x == y || x != catalog.StepCached && y != catalog.StepCached {
			t.Errorf("step c is %s and %s", x, y)
		}
		result, err := db.Result(t.Context(), stepID("a"))
		if err != nil || result.Content != hash("A") || result.Wall != 1500*time.Millisecond || result.Worker != "w1" || result.Bytes != 10 {
			t.Errorf("result of a is %+v, %v", result, err)
		}
		if item, err := db.Item(t.Context(), hash("A")); err != nil || item.CID != "bafyA" || item.Size != 10 {
			t.Errorf("item is %+v, %v", item, err)
		}
	})
}

// The committed cursor is published, and the stream ends there.
func TestRecordTrims(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		f.submit(db, "a", "b", "c")
		f.render()
		r := f.recorded(db, f.plans, 3)
		_, last, _ := strings.Cut(status(r, "record").Cursor, " ")
		if got, err := f.Redis.Get(t.Context(), "artdag:recorded").Result(); err != nil || got != last {
			t.Errorf("published %q, %v, want %q", got, err, last)
		}
		if n, err := f.Redis.XLen(t.Context(), "artdag:done").Result(); err != nil || n != 1 {
			t.Errorf("%d entries are left, %v; only the last may be", n, err)
		}
		// What comes later is recorded after it.
		f.submit(db, "d")
		f.render()
		f.recordedBy(r, 4)
	})
}

func TestRecordFailures(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		job := f.submit(db, "a")
		released, err := f.Dispatch(t.Context(), "cpu", 10)
		f.ok(err)
		o, err := f.Claim(t.Context(), released[0].ID, released[0].Release, claim.NewToken(), renderer)
		f.ok(err)
		_, err = f.Fail(t.Context(), o, renderer, claim.Invalid, "no such filter", 1, 0)
		f.ok(err)
		f.recorded(db, f.plans, 1)
		if a := f.steps(db, job)["a"]; a.Status != catalog.StepFailed || a.Message != "no such filter" {
			t.Errorf("step is %+v", a)
		}
	})
}

// Redis forgets everything: a new epoch's stream is read from its beginning.
func TestRecordNewEpoch(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		f.submit(db, "a", "b")
		f.render()
		r := f.recorded(db, f.plans, 2)
		if err := f.Redis.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		f.begin("")
		// The cursor of the old epoch is not published in the new one.
		r.Wake("record")
		job := f.submit(db, "c")
		f.render()
		f.recordedBy(r, 3)
		if c := f.steps(db, job)["c"]; c.Status != catalog.StepCompleted {
			t.Errorf("step is %+v", c)
		}
		if got := status(r, "record").Cursor; !strings.HasPrefix(got, f.Epoch()+" ") {
			t.Errorf("cursor is %q, the epoch %q", got, f.Epoch())
		}
	})
}

// A step that came to other bytes leaves evidence; the fact stands.
func TestRecordNondeterminism(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		f.submit(db, "a")
		f.render()
		// Redis knows the result of the work, not of the step: it is executed
		// again, and differs.
		ctx := t.Context()
		again := f.submit(db, "a2")
		f.ok(f.Redis.HSet(ctx, "artdag:resolved", dag.CacheID(hash("resolved a2")).String(), hash("A").String()).Err())
		released, err := f.Dispatch(ctx, "cpu", 10)
		f.ok(err)
		o, err := f.Claim(ctx, released[0].ID, released[0].Release, claim.NewToken(), renderer)
		f.ok(err)
		f.complete(o, "other bytes")
		f.recorded(db, f.plans, 2)
		if s := f.steps(db, again)["a2"]; s.Content != hash("A") {
			t.Errorf("the job uses %s", s.Content)
		}
		if got, err := db.Result(ctx, stepID("a2")); err != nil || got.Content != hash("A") {
			t.Errorf("the fact is %s, %v", got.Content, err)
		}
		found, err := db.Nondeterminism(ctx, stepID("a2"), 10)
		if err != nil || len(found) != 1 || found[0].Got != hash("other bytes") || found[0].Recorded != hash("A") {
			t.Errorf("evidence is %+v, %v", found, err)
		}
	})
}

// A completion that cannot be recorded stays in the stream until it can.
func TestRecordKeepsWhatFailed(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		job := f.submit(db, "a", "b", "c")
		f.render()
		broken := &brokenPlans{plans: f.plans}
		broken.torn.Store(true)
		r := f.recorded(db, broken, 2)
		if len(f.steps(db, job)) != 2 {
			t.Errorf("the others are not recorded")
		}
		if n, err := f.Redis.XLen(t.Context(), "artdag:done").Result(); err != nil || n != 3 {
			t.Errorf("%d entries are left, %v, want all", n, err)
		}
		broken.torn.Store(false)
		// In steps: a call that is under way may time out by the test's clock, and is
		// then repeated.
		until(t, "all are recorded", func() bool { f.clock.move(10 * time.Second); return status(r, "record").Processed == 3 })
		if len(f.steps(db, job)) != 3 {
			t.Errorf("the one that failed is not recorded after all")
		}
	})
}

// brokenPlans cannot tell where step a stands.
type brokenPlans struct {
	plans
	torn atomic.Bool
}

func (p *brokenPlans) Place(ctx context.Context, job string, step dag.CacheID) (pipeline.Place, bool, error) {
	if p.torn.Load() && step == stepID("a") {
		return pipeline.Place{}, false, errors.New("the plan is torn")
	}
	return p.plans.Place(ctx, job, step)
}

// Redis goes away and comes back empty, amid everything.
func TestRecordRedisDown(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		server := servicetest.NewRedis(t)
		f, c := newFarm(t, server.URL()), newClock()
		own, err := claim.New(f.Redis, f.Prefix)
		f.ok(err)
		r := start(t, db, c, "a", pipeline.NewRecord(own, f.plans, db))
		f.submit(db, "a")
		f.render()
		f.recordedBy(r, 1)
		server.Kill()
		r.Wake("record")
		reaches(t, r, "record", pipeline.Open)
		server.Start()
		f.begin("")
		job := f.submit(db, "b")
		f.render()
		until(t, "it goes on", func() bool { c.move(time.Second); return status(r, "record").Processed == 2 })
		if f.steps(db, job)["b"].Status != catalog.StepCompleted {
			t.Error("what came after the outage is not recorded")
		}
	})
}
