package catalogtest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

func testManyResults(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	job := created(t, db, "film", 0)
	var records []catalog.StepRecord
	var steps, work []dag.CacheID
	for i := range 2600 {
		r := Executed(job.ID, fmt.Sprint(i), i, fmt.Sprint(i))
		if steps, work = append(steps, r.CacheID), append(work, r.Result.ResolvedID); i%2 == 0 {
			records = append(records, r)
		}
	}
	must(t, db.RecordSteps(ctx, records))
	bySteps, err := db.Results(ctx, steps)
	must(t, err)
	byWork, err := db.ResultsOfWork(ctx, work)
	must(t, err)
	if len(bySteps) != len(records) || len(byWork) != len(records) {
		t.Fatalf("%d and %d results, want %d", len(bySteps), len(byWork), len(records))
	}
	for _, r := range records {
		if bySteps[r.CacheID].Content != r.Content || byWork[r.Result.ResolvedID].CacheID != r.CacheID {
			t.Fatalf("step %s: %+v, %+v", r.Label, bySteps[r.CacheID], byWork[r.Result.ResolvedID])
		}
	}
	if diff := cmp.Diff(fact(t, db, steps[0]), bySteps[steps[0]]); diff != "" {
		t.Errorf("one result alone and among many (-alone +among):\n%s", diff)
	}
	if none, err := db.Results(ctx, nil); err != nil || len(none) > 0 {
		t.Errorf("results of nothing: %v, %v", none, err)
	}
}

func testManyItems(t *testing.T, db *catalog.DB) {
	var items []catalog.Item
	want := make(map[dag.ContentHash]catalog.Item)
	hashes := []dag.ContentHash{content("none")}
	for i := range 1200 {
		item := catalog.Item{Content: content(fmt.Sprint(i)), CID: fmt.Sprint("bafy", i), Size: int64(i), MediaType: "video/mp4", Created: after(i)}
		items, hashes, want[item.Content] = append(items, item), append(hashes, item.Content), item
	}
	must(t, db.RecordItems(t.Context(), items))
	got, err := db.Items(t.Context(), hashes)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}

// One completion is recorded for every job that wanted the step.
func testTwoJobs(t *testing.T, db *catalog.DB) {
	one, two := created(t, db, "film", 0), created(t, db, "film", 1)
	first, second := Executed(one.ID, "s", 3, "x"), Executed(two.ID, "s", 7, "x")
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{first, second}))
	for _, want := range []catalog.StepRecord{first, second} {
		want.Result, want.Items = nil, nil
		if diff := cmp.Diff([]catalog.StepRecord{want}, allSteps(t, db, want.JobID)); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	}
	if got := fact(t, db, step("s")); got.Generation != 1 || len(differences(t, db, step("s"))) > 0 {
		t.Errorf("the result: %+v", got)
	}
}

func testAudit(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	must(t, db.Audit(ctx, "ann", "cancel", "job 1", "the client's \x00 wish"))
	must(t, db.Audit(ctx, "bob", "drain", "worker 1", ""))
	must(t, db.Audit(ctx, "ann", "retry", "job 1", ""))
	all, err := db.AuditLog(ctx, "", 0, 10)
	must(t, err)
	want := []catalog.AuditEntry{
		{Actor: "ann", Action: "retry", Subject: "job 1"},
		{Actor: "bob", Action: "drain", Subject: "worker 1"},
		{Actor: "ann", Action: "cancel", Subject: "job 1", Detail: "the client's \uFFFD wish"},
	}
	ignored := cmpopts.IgnoreFields(catalog.AuditEntry{}, "ID", "At")
	if diff := cmp.Diff(want, all, ignored); diff != "" {
		t.Fatalf("audit log (-want +got):\n%s", diff)
	}
	page, err := db.AuditLog(ctx, "job 1", all[0].ID, 10)
	must(t, err)
	if diff := cmp.Diff(want[2:], page, ignored); diff != "" || page[0].At.IsZero() {
		t.Errorf("the second page of one subject (-want +got):\n%s", diff)
	}
}
