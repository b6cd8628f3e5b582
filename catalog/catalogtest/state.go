package catalogtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

func wantState(t *testing.T, err error, is catalog.Status) {
	t.Helper()
	var state *catalog.StateError
	if !errors.As(err, &state) || state.Is != is {
		t.Errorf("got %v, want a StateError of a job that is %s", err, is)
	}
}

func wantStatus(t *testing.T, db *catalog.DB, id string, want catalog.Status) catalog.Job {
	t.Helper()
	job, err := db.Job(t.Context(), id)
	must(t, err)
	if job.Status != want {
		t.Errorf("the job is %s, want %s", job.Status, want)
	}
	return job
}

func testPause(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	must(t, db.PauseJob(ctx, job.ID))
	wantState(t, db.StartJob(ctx, job.ID, after(1)), catalog.Paused)
	wantState(t, db.PauseJob(ctx, job.ID), catalog.Paused)
	must(t, db.ResumeJob(ctx, job.ID))
	wantStatus(t, db, job.ID, catalog.Queued)
	must(t, db.StartJob(ctx, job.ID, after(1)))
	must(t, db.PauseJob(ctx, job.ID))
	must(t, db.ResumeJob(ctx, job.ID))
	if got := wantStatus(t, db, job.ID, catalog.Running); !got.Started.Equal(after(1)) {
		t.Errorf("a resumed job began at %v", got.Started)
	}
	wantState(t, db.ResumeJob(ctx, job.ID), catalog.Running)
	must(t, db.PauseJob(ctx, job.ID))
	must(t, db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Completed, At: after(2)}))
	wantState(t, db.PauseJob(ctx, job.ID), catalog.Completed)
	if err := db.PauseJob(ctx, catalog.NewJobID(epoch())); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("pausing a job that is not there: %v", err)
	}
}

func testCancel(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	for i, prepare := range []func(id string) error{
		func(string) error { return nil },
		func(id string) error { return db.StartJob(ctx, id, after(1)) },
		func(id string) error { return db.PauseJob(ctx, id) },
	} {
		job := created(t, db, "film", i)
		must(t, prepare(job.ID))
		must(t, db.CancelJob(ctx, job.ID, after(9), "ann\x00 said so", catalog.Counts{}))
		got := wantStatus(t, db, job.ID, catalog.Cancelled)
		if got.Error != "ann\uFFFD said so" || !got.Finished.Equal(after(9)) {
			t.Errorf("the cancelled job: %q, %v", got.Error, got.Finished)
		}
		wantState(t, db.CancelJob(ctx, job.ID, after(10), "", catalog.Counts{}), catalog.Cancelled)
	}
	planned := created(t, db, "film", 9)
	must(t, db.PlanJob(ctx, planned.ID, dag.PlanID{1}, 10))
	must(t, db.StartJob(ctx, planned.ID, after(1)))
	must(t, db.CancelJob(ctx, planned.ID, after(2), "", catalog.Counts{Executed: 3, Cached: 2, Failed: 1}))
	want := catalog.Counts{Total: 10, Executed: 3, Cached: 2, Failed: 1, Skipped: 4}
	if got := wantStatus(t, db, planned.ID, catalog.Cancelled); got.Counts != want {
		t.Errorf("the counts of the cancelled job: got %+v, want %+v", got.Counts, want)
	}
}

func testReopen(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	wantState(t, db.ReopenJob(ctx, job.ID), catalog.Queued)
	output := catalog.Output{Name: "film", Content: content("film")}
	must(t, db.StartJob(ctx, job.ID, after(1)))
	must(t, db.FinishJob(ctx, job.ID, catalog.Finish{
		Status: catalog.Failed, Error: "no disk", At: after(2), Counts: catalog.Counts{Total: 2, Executed: 1, Failed: 1}, Outputs: []catalog.Output{output},
	}))
	must(t, db.ReopenJob(ctx, job.ID))
	job.Status, job.Priority = catalog.Queued, catalog.Normal
	compareJob(t, db, job)
	must(t, db.StartJob(ctx, job.ID, after(3)))
	must(t, db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Completed, At: after(4), Outputs: []catalog.Output{output}}))
	wantState(t, db.ReopenJob(ctx, job.ID), catalog.Completed)
	got, err := db.JobOutputs(ctx, job.ID)
	must(t, err)
	if diff := cmp.Diff([]catalog.Output{output}, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func testPriority(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	urgent := NewJob("film", 0)
	urgent.Priority = catalog.High
	must(t, db.CreateJob(ctx, urgent))
	if got, err := db.Job(ctx, urgent.ID); err != nil || got.Priority != catalog.High {
		t.Errorf("priority %q, %v, want high", got.Priority, err)
	}
	must(t, db.SetPriority(ctx, urgent.ID, catalog.Low))
	if got, err := db.Job(ctx, urgent.ID); err != nil || got.Priority != catalog.Low {
		t.Errorf("priority %q, %v, want low", got.Priority, err)
	}
	if err := db.SetPriority(ctx, urgent.ID, "urgent"); err == nil {
		t.Error("an unknown priority was recorded")
	}
	must(t, db.CancelJob(ctx, urgent.ID, after(1), "", catalog.Counts{}))
	wantState(t, db.SetPriority(ctx, urgent.ID, catalog.High), catalog.Cancelled)
}

func testRequest(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := NewJob("film", 0)
	job.Request = `{"recipe": "name: a ? 'b'\nnodes: \u0000", "params": {"b": 1, "a": 1.50}}`
	must(t, db.CreateJob(ctx, job))
	if got, err := db.Job(ctx, job.ID); err != nil || got.Request != job.Request {
		t.Errorf("request %q, %v, want as it was: %q", got.Request, err, job.Request)
	}
	bad := NewJob("film", 1)
	bad.Request = "{"
	if err := db.CreateJob(ctx, bad); err == nil {
		t.Error("a request that is no JSON was recorded")
	}
	if _, err := db.Job(ctx, bad.ID); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a refused job: %v", err)
	}
}

func testProvenance(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	wantState(t, db.SetDurable(ctx, job.ID), catalog.Queued)
	must(t, db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Completed, At: after(1)}))
	must(t, db.SetDurable(ctx, job.ID))
	attest(t, db, catalog.Provenance{Job: job.ID, Content: content("provenance"), CID: "bafyprovenance"},
		catalog.Provenance{Job: catalog.NewJobID(epoch()), Content: content("x")}) // of a job that is not there
	got, err := db.Job(ctx, job.ID)
	must(t, err)
	if !got.Durable || got.Provenance != content("provenance") || got.ProvenanceCID != "bafyprovenance" {
		t.Errorf("the job: %+v", got)
	}
	if err := db.SetDurable(ctx, catalog.NewJobID(epoch())); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("of a job that is not there: %v", err)
	}
}

// A document says nothing of steps that are not recorded: jobs wait for them.
func testUnattested(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := NewJob("film", 0)
	job.Request = "{}"
	must(t, db.CreateJob(ctx, job))
	must(t, db.StartJob(ctx, job.ID, after(1)))
	must(t, db.RecordSteps(ctx, []catalog.StepRecord{Executed(job.ID, "a", 0, "a")}))
	counts := catalog.Counts{Total: 3, Executed: 2, Cached: 1}
	must(t, db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Completed, At: after(5), Counts: counts}))
	want := func(when string, before time.Time, n int) {
		t.Helper()
		found, err := db.Unattested(ctx, before, 10)
		must(t, err)
		if len(found) != n || n > 0 && (found[0].ID != job.ID || found[0].Request != "{}") {
			t.Errorf("%s: found %+v, want %d", when, found, n)
		}
	}
	want("one of two steps is recorded", after(5), 0)
	want("what is missing will not come", after(6), 1)
	must(t, db.RecordSteps(ctx, []catalog.StepRecord{Executed(job.ID, "b", 1, "b")}))
	want("all are recorded", after(5), 1)
	attest(t, db, catalog.Provenance{Job: job.ID, Content: content("provenance")})
	want("it is attested", after(6), 0)
}

// attest records documents as a processor does.
func attest(t *testing.T, db *catalog.DB, documents ...catalog.Provenance) {
	t.Helper()
	_, held, err := db.Acquire(t.Context(), "provenance", "a", after(0), time.Second)
	must(t, err)
	if !held {
		t.Fatal("another has the lease")
	}
	must(t, db.Advance(t.Context(), "provenance", "a", "", "", after(1), catalog.Writes{Provenance: documents}))
}

func testOpenJobs(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	var want []string
	for i := range 12 {
		job := NewJob("film", i)
		job.Request = "{}"
		must(t, db.CreateJob(ctx, job))
		switch i % 4 {
		case 1:
			must(t, db.StartJob(ctx, job.ID, after(100)))
		case 2:
			must(t, db.PauseJob(ctx, job.ID))
		case 3:
			must(t, db.CancelJob(ctx, job.ID, after(100), "", catalog.Counts{}))
			continue
		}
		want = append(want, job.ID)
	}
	var got []string
	for at := ""; ; at = got[len(got)-1] {
		page, err := db.OpenJobs(ctx, at, 4)
		must(t, err)
		for _, job := range page {
			if got = append(got, job.ID); job.Request != "{}" || job.Recipe.IsZero() || len(job.Inputs) == 0 {
				t.Errorf("an open job without what it asks for: %+v", job)
			}
		}
		if len(page) < 4 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unfinished jobs (-want +got):\n%s", diff)
	}
}

func testListJobs(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	var ids []string
	for i, actor := range []string{"ann", "bob", "ann", "ann"} {
		job := NewJob([]string{"film", "still"}[i/3], i)
		job.ActorID = actor
		must(t, db.CreateJob(ctx, job))
		ids = append(ids, job.ID)
	}
	must(t, db.StartJob(ctx, ids[0], after(9)))
	must(t, db.PauseJob(ctx, ids[1]))
	for _, test := range []struct {
		query catalog.JobQuery
		want  []int
	}{
		{catalog.JobQuery{Limit: 9}, []int{3, 2, 1, 0}},
		{catalog.JobQuery{Limit: 2}, []int{3, 2}},
		{catalog.JobQuery{}, []int{3}},
		{catalog.JobQuery{Status: []catalog.Status{catalog.Running, catalog.Paused}, Limit: 9}, []int{1, 0}},
		{catalog.JobQuery{Actor: "ann", Limit: 9}, []int{3, 2, 0}},
		{catalog.JobQuery{Actor: "ann", Recipe: "film", Limit: 9}, []int{2, 0}},
		{catalog.JobQuery{From: after(1), To: after(3), Limit: 9}, []int{2, 1}},
		{catalog.JobQuery{After: catalog.Cursor{Created: after(2), ID: ids[2]}, Limit: 9}, []int{1, 0}},
	} {
		found, err := db.ListJobs(ctx, test.query)
		must(t, err)
		var got []int
		for _, job := range found {
			got = append(got, slices.Index(ids, job.ID))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("ListJobs(%+v) = %v, want %v", test.query, got, test.want)
		}
	}
}
