package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// at returns the record as of a later time.
func at(r catalog.StepRecord, ms int) catalog.StepRecord {
	r.Finished = after(ms)
	return r
}

func fact(t *testing.T, db *catalog.DB, id dag.CacheID) catalog.Result {
	t.Helper()
	r, err := db.Result(t.Context(), id)
	must(t, err)
	return r
}

func differences(t *testing.T, db *catalog.DB, id dag.CacheID) []catalog.Difference {
	t.Helper()
	found, err := db.Nondeterminism(t.Context(), id, 1000)
	must(t, err)
	return found
}

func testFirstStands(t *testing.T, db *catalog.DB) {
	one, two := created(t, db, "film", 0), created(t, db, "film", 1)
	first, second := Executed(one.ID, "s", 0, "first"), Executed(two.ID, "s", 0, "second")
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{first}))
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{at(second, 2000), Executed(two.ID, "other", 1, "x")}))
	if got := fact(t, db, first.CacheID); got.Content != content("first") || got.Generation != 1 {
		t.Errorf("the result is now %+v", got)
	}
	want := []catalog.Difference{{
		CacheID: first.CacheID, JobID: two.ID, Recorded: content("first"), Got: content("second"),
		Toolchain: "ffmpeg 5.1", Worker: "here", Found: after(2000),
	}}
	for _, id := range []dag.CacheID{first.CacheID, {}} {
		if diff := cmp.Diff(want, differences(t, db, id)); diff != "" {
			t.Errorf("differences (-want +got):\n%s", diff)
		}
	}
	if got := differences(t, db, step("other")); len(got) > 0 {
		t.Errorf("differences of a step without: %v", got)
	}
	if _, err := db.Result(t.Context(), step("none")); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("result of an unknown step: %v", err)
	}
	// Both in one batch.
	batch := []catalog.StepRecord{Executed(one.ID, "t", 1, "first"), Executed(two.ID, "t", 2, "second")}
	must(t, db.RecordSteps(t.Context(), batch))
	if got := fact(t, db, step("t")); got.Content != content("first") || len(differences(t, db, step("t"))) != 1 {
		t.Errorf("two results in one batch came to %s and %v", got.Content, differences(t, db, step("t")))
	}
}

func testResolved(t *testing.T, db *catalog.DB) {
	job := created(t, db, "film", 0)
	first, second := Executed(job.ID, "1", 0, "first"), Executed(job.ID, "2", 1, "second")
	second.Result.ResolvedID = first.Result.ResolvedID
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{first}))
	if got := fact(t, db, first.Result.ResolvedID); got.Content != content("first") {
		t.Errorf("by resolved_id: %+v", got)
	}
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{second}))
	if got := fact(t, db, second.CacheID); got.Content != content("first") {
		t.Errorf("the same work under another cache_id came to %s, want the recorded %s", got.Content, content("first"))
	}
	if got := differences(t, db, second.CacheID); len(got) != 1 || got[0].Got != content("second") {
		t.Errorf("differences: %v", got)
	}
}

func testReplaces(t *testing.T, db *catalog.DB) {
	one, two := created(t, db, "film", 0), created(t, db, "film", 1)
	old, again := at(Executed(one.ID, "s", 0, "old"), 1000), at(Executed(two.ID, "s", 0, "new"), 2000)
	old.Result.Replaces, again.Result.Replaces = true, true
	for range 2 { // the second round repeats both, late
		must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{old}))
		must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{again}))
		must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{old}))
		got := fact(t, db, old.CacheID)
		if got.Content != content("new") || got.Generation != 2 || !got.Recorded.Equal(after(2000)) {
			t.Errorf("the result is %+v, want the new bytes in generation 2", got)
		}
	}
	same := Executed(two.ID, "same", 1, "same")
	same.Result.Replaces = true
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{same}))
	must(t, db.RecordSteps(t.Context(), []catalog.StepRecord{at(same, 9000)}))
	if got := fact(t, db, same.CacheID); got.Generation != 1 || len(differences(t, db, same.CacheID)) > 0 {
		t.Errorf("the same bytes made again: %+v", got)
	}
}

// testTwice records random batches once into one half of the ids and twice into
// the other, and compares what is there.
func testTwice(t *testing.T, db *catalog.DB) {
	trial := 0
	rapid.Check(t, func(rt *rapid.T) {
		trial++
		shape := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 12).Draw(rt, "steps")
		kinds := rapid.SliceOfN(rapid.IntRange(0, 4), len(shape), len(shape)).Draw(rt, "kinds")
		times := rapid.SliceOfN(rapid.IntRange(0, 20), len(shape), len(shape)).Draw(rt, "times")
		once := batch(t, db, fmt.Sprint("once", trial), shape, kinds, times)
		twice := batch(t, db, fmt.Sprint("twice", trial), shape, kinds, times)
		must(t, db.RecordSteps(t.Context(), once))
		must(t, db.RecordSteps(t.Context(), twice))
		must(t, db.RecordSteps(t.Context(), twice))
		if a, b := summary(t, db, once), summary(t, db, twice); a != b {
			rt.Errorf("recorded once:\n%s\nrecorded twice:\n%s", a, b)
		}
	})
}

// batch returns records of a new job: of which steps, and what became of them.
func batch(t *testing.T, db *catalog.DB, tag string, steps, kinds, times []int) []catalog.StepRecord {
	job := created(t, db, tag, 0)
	var records []catalog.StepRecord
	for i, s := range steps {
		kind := kinds[i]
		r := at(Executed(job.ID, fmt.Sprint(tag, s), s, fmt.Sprint("bytes", kind%3)), 1000+times[i])
		r.Result.Replaces = kind == 2
		r.Result.ResolvedID = step(fmt.Sprint(tag, "work", s/2)) // every two steps are the same work
		if kind > 2 {
			r.Status, r.Result = []catalog.StepStatus{catalog.StepFailed, catalog.StepCached}[kind-3], nil
		}
		records = append(records, r)
	}
	return records
}

// summary writes what is recorded of a batch without its ids.
func summary(t *testing.T, db *catalog.DB, records []catalog.StepRecord) string {
	t.Helper()
	text := ""
	for _, s := range allSteps(t, db, records[0].JobID) {
		text += fmt.Sprintln(s.Position, s.Status, s.Content.Short(), s.Finished.UnixMilli())
		if r, err := db.Result(t.Context(), s.CacheID); err == nil {
			text += fmt.Sprintln(" =", r.Content.Short(), r.Generation, r.Recorded.UnixMilli())
		}
		for _, d := range differences(t, db, s.CacheID) {
			text += fmt.Sprintln(" !", d.Got.Short(), d.Recorded.Short(), d.Found.UnixMilli())
		}
	}
	return text
}

func testItems(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	item := catalog.Item{Content: content("clip"), Size: 4, MediaType: "video/mp4", Created: epoch()}
	named, other := item, item
	named.CID, other.CID = "bafyclip", "bafyother"
	must(t, db.RecordItems(ctx, []catalog.Item{item}))
	must(t, db.RecordItems(ctx, []catalog.Item{item, named, other}))
	must(t, db.RecordItems(ctx, []catalog.Item{item}))
	got, err := db.Item(ctx, item.Content)
	must(t, err)
	if diff := cmp.Diff(named, got); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	if _, err := db.Item(ctx, content("none")); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("an unknown item: %v", err)
	}
	label := catalog.ItemType{Content: item.Content, Type: "input", Metadata: map[string]any{"name": "a.mp4"}}
	must(t, db.LabelItem(ctx, label))
	label.Metadata = map[string]any{"name": "b.mp4"}
	must(t, db.LabelItem(ctx, label))
	labels, err := db.ItemTypes(ctx, item.Content)
	must(t, err)
	if diff := cmp.Diff([]catalog.ItemType{label}, labels); diff != "" {
		t.Errorf("item types (-want +got):\n%s", diff)
	}
	if err := db.LabelItem(ctx, catalog.ItemType{Content: content("none"), Type: "input"}); err == nil {
		t.Error("an item that is not there was labelled")
	}
	if err := db.RecordItems(ctx, []catalog.Item{{Size: 1, Created: epoch()}}); err == nil {
		t.Error("an item without a hash was recorded")
	}
}

func testAnalyses(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	a := catalog.Analysis{
		AnalysisID: dag.HashAnalysis(content("song"), "beats@1"), Input: content("song"), Feature: "beats@1",
		Content: content("{}"), Created: epoch(),
	}
	other := a
	other.Content = content("[]")
	must(t, db.RecordAnalyses(ctx, []catalog.Analysis{a}))
	must(t, db.RecordAnalyses(ctx, []catalog.Analysis{other}))
	got, err := db.Analysis(ctx, a.AnalysisID)
	must(t, err)
	if diff := cmp.Diff(a, got); diff != "" {
		t.Errorf("analysis (-want +got):\n%s", diff)
	}
	if _, err := db.Analysis(ctx, dag.AnalysisID{}); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("an unknown analysis: %v", err)
	}
}

func testCancelled(t *testing.T, db *catalog.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	job := NewJob("film", 0)
	_, _, acquire := db.Acquire(ctx, "record", "a", epoch(), time.Minute)
	_, results := db.Results(ctx, []dag.CacheID{step("s")})
	_, list := db.ListJobs(ctx, catalog.JobQuery{})
	for call, err := range map[string]error{
		"CreateJob": db.CreateJob(ctx, job), "RecordSteps": db.RecordSteps(ctx, []catalog.StepRecord{Executed(job.ID, "s", 0, "x")}),
		"PauseJob": db.PauseJob(ctx, job.ID), "Acquire": acquire, "Results": results, "ListJobs": list,
		"Advance": db.Advance(ctx, "record", "a", "", "1", epoch(), catalog.Writes{}), "Audit": db.Audit(ctx, "ann", "cancel", job.ID, ""),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v", call, err)
		}
	}
	if _, err := db.Job(t.Context(), job.ID); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a cancelled call left: %v", err)
	}
}
