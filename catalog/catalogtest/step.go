package catalogtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/catalog"
)

// allSteps returns the steps of a job as they are stored.
func allSteps(t *testing.T, db *catalog.DB, job string) []catalog.StepRecord {
	t.Helper()
	steps, err := db.JobSteps(t.Context(), job, 0, 1_000_000)
	must(t, err)
	return steps
}

func testSteps(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	made, failed := Executed(job.ID, "1", 0, "one"), Executed(job.ID, "2", 1, "")
	failed.Status, failed.Message, failed.Result, failed.Items = catalog.StepFailed, "exit 1", nil, nil
	failed.Content = [32]byte{}
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{failed, made}))
	want := []catalog.StepRecord{made, failed}
	want[0].Result, want[0].Items = nil, nil
	if diff := cmp.Diff(want, allSteps(t, db, job.ID)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	result := *made.Result
	result.CacheID, result.Type, result.Generation, result.Recorded = made.CacheID, "SEGMENT@1", 1, made.Finished
	got, err := db.Result(t.Context(), made.CacheID)
	must(t, err)
	if diff := cmp.Diff(result, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	item, err := db.Item(t.Context(), made.Content)
	must(t, err)
	if item.CID != "bafyone" || item.Size != 1000 || !item.Created.Equal(made.Finished) {
		t.Errorf("item: %+v", item)
	}
}

func testStepStates(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	state := func(s catalog.StepStatus) catalog.StepRecord {
		r := Executed(job.ID, "1", 0, "one")
		r.Status, r.Result = s, nil
		return r
	}
	for _, test := range []struct{ record, want catalog.StepStatus }{
		{catalog.StepPending, catalog.StepPending},
		{catalog.StepRunning, catalog.StepRunning},
		{catalog.StepFailed, catalog.StepFailed},
		{catalog.StepRunning, catalog.StepRunning}, // tried again
		{catalog.StepCompleted, catalog.StepCompleted},
		{catalog.StepRunning, catalog.StepCompleted}, // a late record
		{catalog.StepFailed, catalog.StepCompleted},
	} {
		must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{state(test.record)}))
		if got := allSteps(t, db, job.ID)[0].Status; got != test.want {
			t.Errorf("after recording %s the step is %s, want %s", test.record, got, test.want)
		}
	}
	other := created(t, db, "film", 1)
	batch := []catalog.StepRecord{state(catalog.StepRunning), state(catalog.StepCached), state(catalog.StepRunning)}
	for i := range batch {
		batch[i].JobID = other.ID
	}
	must(t, db.RecordSteps(t.Context(), batch))
	if got := allSteps(t, db, other.ID); len(got) != 1 || got[0].Status != catalog.StepCached {
		t.Errorf("one batch with three records of a step: %+v", got)
	}
}

func testStepPages(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	var records []catalog.StepRecord
	for i := range 10 {
		records = append(records, Executed(job.ID, fmt.Sprint(i), 3*i, "x"))
	}
	must(t, db.RecordSteps(t.Context(), records))
	var got []int
	for from := 0; ; from = got[len(got)-1] + 1 {
		page, err := db.JobSteps(t.Context(), job.ID, from, 4)
		must(t, err)
		for _, s := range page {
			got = append(got, s.Position)
		}
		if len(page) < 4 {
			break
		}
	}
	if diff := cmp.Diff([]int{0, 3, 6, 9, 12, 15, 18, 21, 24, 27}, got); diff != "" {
		t.Errorf("positions over all pages (-want +got):\n%s", diff)
	}
}

func testManySteps(t *testing.T, db *catalog.DB) {
	const n = 5000
	job := created(t, db, "film", 0)
	records := make([]catalog.StepRecord, n)
	for i := range records {
		records[i] = Executed(job.ID, fmt.Sprint(i), i, fmt.Sprint(i))
	}
	must(t, db.RecordSteps(t.Context(), records))
	if got := allSteps(t, db, job.ID); len(got) != n || got[n-1].CacheID != records[n-1].CacheID {
		t.Errorf("%d steps are recorded, want %d", len(got), n)
	}
	if _, err := db.Result(t.Context(), records[n-1].CacheID); err != nil {
		t.Error(err)
	}
}

func testAtomic(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	clash := Executed(job.ID, "2", 0, "two") // the position of the first
	if err := db.RecordSteps(t.Context(), []catalog.StepRecord{Executed(job.ID, "1", 0, "one"), clash}); err == nil {
		t.Error("two steps at one position were recorded")
	}
	orphan := Executed(catalog.NewJobID(epoch()), "3", 0, "three")
	if err := db.RecordSteps(t.Context(), []catalog.StepRecord{Executed(job.ID, "1", 0, "one"), orphan}); err == nil {
		t.Error("a step of no job was recorded")
	}
	if got := allSteps(t, db, job.ID); len(got) > 0 {
		t.Errorf("a refused batch left %d steps", len(got))
	}
	if _, err := db.Item(t.Context(), content("one")); err == nil {
		t.Error("a refused batch left an item")
	}
	must(t, db.RecordSteps(t.Context(), nil))
}

func testText(t *testing.T, db *catalog.DB) {
	job := created(t, db, "o'; DROP TABLE jobs; -- ? ?0 ?TableName \"ü", 0)
	record := Executed(job.ID, "1", 0, "one")
	record.Message = "bad \x00 byte \xff, a ' and ?TableColumns \U0001F3AC\n"
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{record}))
	got := allSteps(t, db, job.ID)[0].Message
	if want := "bad \uFFFD byte \uFFFD, a ' and ?TableColumns \U0001F3AC\n"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if back, err := db.Job(t.Context(), job.ID); err != nil || back.Name != job.Name {
		t.Errorf("name %q, %v, want %q", back.Name, err, job.Name)
	}
}

func testTimings(t *testing.T, db *catalog.DB) {
	if timings, err := db.StepTimings(t.Context()); err != nil || len(timings) > 0 {
		t.Errorf("timings of nothing: %v, %v", timings, err)
	}
	job := created(t, db, "film", 0)
	one, two, free := Executed(job.ID, "1", 0, "one"), Executed(job.ID, "2", 1, "two"), Executed(job.ID, "3", 2, "three")
	two.Result.Wall, two.Result.Cost = 3*time.Second, 1.5
	free.Type, free.Result.Cost = "MUX@1", 0
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{one, two, free}))
	got, err := db.StepTimings(t.Context())
	must(t, err)
	want := map[string]catalog.Timing{
		"SEGMENT@1": {Steps: 2, Seconds: 2, PerCost: 2},
		"MUX@1":     {Steps: 1, Seconds: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timings (-want +got):\n%s", diff)
	}
}

func testWriters(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	var group errgroup.Group
	for i := range 40 {
		group.Go(func() error {
			return db.RecordSteps(t.Context(), []catalog.StepRecord{Executed(job.ID, fmt.Sprint(i), i, fmt.Sprint(i))})
		})
	}
	must(t, group.Wait())
	if got := len(allSteps(t, db, job.ID)); got != 40 {
		t.Errorf("%d steps are recorded, want 40", got)
	}
}
