package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/pipeline"
)

func (f *farm) expires(db *catalog.DB, now func() time.Time) *pipeline.Runner {
	f.t.Helper()
	p := pipeline.NewExpire(f.Store, db, f.plans, []string{"cpu"}, time.Hour, now)
	r := start(f.t, db, newClock(), "a", p)
	reaches(f.t, r, "expire", pipeline.Idle)
	return r
}

func finish(t *testing.T, db *catalog.DB, job string, status catalog.Status, at time.Time, outputs ...catalog.Output) {
	t.Helper()
	if err := db.FinishJob(t.Context(), job, catalog.Finish{Status: status, At: at, Outputs: outputs}); err != nil {
		t.Fatal(err)
	}
}

// Jobs that ended long ago are forgotten, in portions; others are not, nor the
// steps that they share.
func TestExpire(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f, now := newFarm(t, redisURL(t)), time.Now()
		var many []string
		for i := range 700 {
			many = append(many, fmt.Sprint("step", i))
		}
		old := f.submit(db, append(many, "shared")...)
		late := f.submit(db, "late")
		open := f.submit(db, "shared", "more")
		finish(t, db, old, catalog.Completed, now.Add(-2*time.Hour))
		finish(t, db, late, catalog.Cancelled, now.Add(-time.Minute))
		r := f.expires(db, func() time.Time { return now })
		if s := status(r, "expire"); s.Processed != 1 || s.Parked+s.Retrying != 0 {
			t.Errorf("status is %+v", s)
		}
		jobs, err := f.Jobs(t.Context())
		if err != nil || len(jobs) != 2 {
			t.Errorf("enlisted are %v, %v; want %s and %s", jobs, err, late, open)
		}
		for name, want := range map[string]claim.State{"step0": claim.NoState, "step699": claim.NoState, "shared": claim.Ready, "late": claim.Ready} {
			if got := f.state(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
}

// A job that the catalog does not know may be somebody else's.
func TestExpireLeavesUnknownJobs(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		f := newFarm(t, redisURL(t))
		f.plans["nobody's"] = []string{"a"}
		f.enlist("nobody's")
		f.expires(db, time.Now)
		if got := f.state("a"); got != claim.Ready {
			t.Errorf("its step is %q", got)
		}
	})
}
