package catalogtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

func testJob(t *testing.T, db *catalog.DB) {
	want := NewJob("film", 0)
	want.ActorID, want.Realm = "ann", "studio"
	must(t, db.CreateJob(t.Context(), want))
	want.Status, want.Priority = catalog.Queued, catalog.Normal
	compareJob(t, db, want)

	must(t, db.StartJob(t.Context(), want.ID, after(5)))
	want.Status, want.Started = catalog.Running, after(5)
	compareJob(t, db, want)

	counts := catalog.Counts{Total: 10, Executed: 4, Cached: 3, Failed: 1, Skipped: 2}
	must(t, db.FinishJob(t.Context(), want.ID, catalog.Finish{Status: catalog.Failed, Error: "no such filter", At: after(9), Counts: counts}))
	want.Status, want.Error, want.Finished, want.Counts = catalog.Failed, "no such filter", after(9), counts
	compareJob(t, db, want)
}

func compareJob(t *testing.T, db *catalog.DB, want catalog.Job) {
	t.Helper()
	got, err := db.Job(t.Context(), want.ID)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}

func testJobStates(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	if err := db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Running, At: after(1)}); err == nil {
		t.Error("finishing a job as RUNNING succeeded")
	}
	must(t, db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Cancelled, At: after(1)}))
	var state *catalog.StateError
	if err := db.StartJob(ctx, job.ID, after(2)); !errors.As(err, &state) || state.Is != catalog.Cancelled {
		t.Errorf("starting a cancelled job: %v", err)
	}
	if err := db.FinishJob(ctx, job.ID, catalog.Finish{Status: catalog.Completed, At: after(3)}); !errors.As(err, &state) {
		t.Errorf("finishing a cancelled job: %v", err)
	}
	if err := db.StartJob(ctx, catalog.NewJobID(epoch()), after(2)); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("starting a job that is not there: %v", err)
	}
	if err := db.CreateJob(ctx, job); err == nil {
		t.Error("creating a job twice succeeded")
	}
}

func testCounts(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	bad := catalog.Finish{Status: catalog.Completed, At: after(1), Counts: catalog.Counts{Total: 3, Executed: 1, Cached: 1}}
	if err := db.FinishJob(t.Context(), job.ID, bad); err == nil {
		t.Error("counts that do not add up were recorded")
	}
}

func testSharedRun(t *testing.T, db *catalog.DB) {
	one, two := created(t, db, "film", 0), created(t, db, "film", 1)
	a, err := db.Job(t.Context(), one.ID)
	must(t, err)
	b, err := db.Job(t.Context(), two.ID)
	must(t, err)
	if a.RunID != b.RunID || !cmp.Equal(a.Inputs, b.Inputs) {
		t.Errorf("two jobs of one run: %v and %v", a, b)
	}
	bare := catalog.Job{ID: catalog.NewJobID(after(2)), RunID: dag.RunID(content("x")), Recipe: dag.RecipeHash(content("y")), Created: after(2)}
	must(t, db.CreateJob(t.Context(), bare))
	got, err := db.Job(t.Context(), bare.ID)
	must(t, err)
	if got.Params == nil || len(got.Params) > 0 || len(got.Inputs) > 0 {
		t.Errorf("params and inputs of a job without: %v, %v", got.Params, got.Inputs)
	}
}

func testPrefix(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	var ids []string
	for i := range 8 {
		ids = append(ids, created(t, db, "film", i*1_000_000_000).ID)
	}
	for _, given := range []string{ids[3], ids[3][:12], strings.ToLower(ids[3][:12])} {
		if job, err := db.Job(ctx, given); err != nil || job.ID != ids[3] {
			t.Errorf("Job(%q) = %s, %v, want %s", given, job.ID, err, ids[3])
		}
	}
	for _, given := range []string{"", "ZZZ", ids[0] + "0", "%", "_1", "'"} {
		if _, err := db.Job(ctx, given); !errors.Is(err, catalog.ErrNotFound) {
			t.Errorf("Job(%q): %v, want ErrNotFound", given, err)
		}
	}
	var ambiguous *catalog.AmbiguousError
	if _, err := db.Job(ctx, ids[0][:1]); !errors.As(err, &ambiguous) || !ambiguous.More || len(ambiguous.Candidates) != 5 {
		t.Fatalf("Job of an ambiguous prefix: %v", err)
	}
	if ambiguous.Candidates[0] != ids[7] || !strings.Contains(ambiguous.Error(), ids[6]) {
		t.Errorf("candidates: %v, want the newest first: %v", ambiguous, ids)
	}
}

func testJobPages(t *testing.T, db *catalog.DB) {
	var want []string
	for i := range 25 {
		want = append(want, created(t, db, "film", i/5).ID) // five in each millisecond
	}
	slices.Sort(want) // ids sort by time
	slices.Reverse(want)
	var got []string
	var at catalog.Cursor
	for {
		page, err := db.Jobs(t.Context(), catalog.Filter{}, at, 7)
		must(t, err)
		for i := range page {
			got, at = append(got, page[i].ID), page[i].Cursor()
		}
		if len(page) < 7 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids over all pages (-want +got):\n%s", diff)
	}
}

func testFilters(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	film, still := created(t, db, "film", 0), created(t, db, "still", 1)
	must(t, db.StartJob(ctx, still.ID, after(2)))
	for _, test := range []struct {
		filter catalog.Filter
		want   []string
	}{
		{catalog.Filter{}, []string{still.ID, film.ID}},
		{catalog.Filter{Status: catalog.Running}, []string{still.ID}},
		{catalog.Filter{Status: catalog.Failed}, nil},
		{catalog.Filter{Name: "film"}, []string{film.ID}},
		{catalog.Filter{Name: "fil"}, nil},
		{catalog.Filter{Since: after(1)}, []string{still.ID}},
		{catalog.Filter{Since: after(1), Name: "film"}, nil},
	} {
		found, err := db.Jobs(ctx, test.filter, catalog.Cursor{}, 10)
		must(t, err)
		var got []string
		for _, job := range found {
			got = append(got, job.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("Jobs(%+v) = %v, want %v", test.filter, got, test.want)
		}
	}
}

func testInterrupted(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	queued, running, alive, done := created(t, db, "a", 0), created(t, db, "b", 1), created(t, db, "c", 2), created(t, db, "d", 3)
	must(t, db.StartJob(ctx, running.ID, after(4)))
	must(t, db.StartJob(ctx, alive.ID, after(4)))
	must(t, db.FinishJob(ctx, done.ID, catalog.Finish{Status: catalog.Completed, At: after(5)}))
	var asked []string
	isAlive := func(id string) bool { asked = append(asked, id); return id == alive.ID }
	marked, err := db.MarkInterrupted(ctx, after(9), isAlive)
	must(t, err)
	slices.Sort(marked)
	if want := []string{queued.ID, running.ID}; !slices.Equal(marked, want) || slices.Contains(asked, done.ID) {
		t.Errorf("marked %v (asked about %v), want %v", marked, asked, want)
	}
	got, err := db.Job(ctx, running.ID)
	must(t, err)
	if got.Status != catalog.Interrupted || !got.Finished.Equal(after(9)) {
		t.Errorf("the job of a dead process is %s since %v", got.Status, got.Finished)
	}
	if again, err := db.MarkInterrupted(ctx, after(10), isAlive); err != nil || len(again) > 0 {
		t.Errorf("marked again: %v, %v", again, err)
	}
}

func testOutputs(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	want := []catalog.Output{{Name: "film", Content: content("film"), CID: "bafyfilm"}, {Name: "still", Content: content("still")}}
	finish := catalog.Finish{Status: catalog.Completed, At: after(1), Outputs: []catalog.Output{want[1], want[0]}}
	must(t, db.FinishJob(ctx, job.ID, finish))
	got, err := db.JobOutputs(ctx, job.ID)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	twice := created(t, db, "film", 2)
	finish.Outputs = []catalog.Output{want[0], want[0]}
	if err := db.FinishJob(ctx, twice.ID, finish); err == nil {
		t.Error("two outputs of one name were recorded")
	}
	if got, err := db.Job(ctx, twice.ID); err != nil || got.Status != catalog.Queued {
		t.Errorf("after a refused finish the job is %s, %v", got.Status, err)
	}
}

func testCountOpen(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	want := map[catalog.Status]int{catalog.Queued: 0, catalog.Running: 0, catalog.Paused: 0}
	check := func() {
		t.Helper()
		got, err := db.CountOpen(ctx)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("open jobs (-want +got):\n%s", diff)
		}
	}
	check()
	var jobs []catalog.Job
	for i := range 5 {
		jobs = append(jobs, created(t, db, "film", i))
	}
	must(t, db.StartJob(ctx, jobs[0].ID, after(1)))
	must(t, db.StartJob(ctx, jobs[1].ID, after(1)))
	must(t, db.PauseJob(ctx, jobs[2].ID))
	must(t, db.FinishJob(ctx, jobs[0].ID, catalog.Finish{Status: catalog.Completed, At: after(2)}))
	want[catalog.Queued], want[catalog.Running], want[catalog.Paused] = 2, 1, 1
	check()
}
