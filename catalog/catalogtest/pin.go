package catalogtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/catalog"
)

func testBackends(t *testing.T, db *catalog.DB) {
	want := catalog.Backend{ID: "pinata", ActorID: "ann", Type: "psa", Config: map[string]any{"url": "https://x"}, CapacityGB: 5, Created: epoch()}
	must(t, db.RecordBackend(t.Context(), want))
	want.Type, want.CapacityGB = "s3", 7
	must(t, db.RecordBackend(t.Context(), want))
	got, err := db.Backends(t.Context())
	must(t, err)
	if diff := cmp.Diff([]catalog.Backend{want}, got); diff != "" {
		t.Errorf("backends (-want +got):\n%s", diff)
	}
}

func testPins(t *testing.T, db *catalog.DB) {
	failed := catalog.Pin{
		Content: content("film"), StorageID: "kubo", CID: "bafyfilm", Type: catalog.PinOutput,
		Error: "no \uFFFD room", Tries: 2, NotBefore: after(60_000),
	}
	given := failed
	given.Error = "no \x00 room"
	other := catalog.Pin{Content: content("film"), StorageID: "s3", Type: catalog.PinOutput, Pinned: after(1)}
	must(t, db.RecordPins(t.Context(), []catalog.Pin{other, given}))
	comparePins(t, db, failed, other)
	pinned := catalog.Pin{Content: content("film"), StorageID: "kubo", CID: "bafyfilm", Type: catalog.PinOutput, Pinned: after(9)}
	must(t, db.RecordPins(t.Context(), []catalog.Pin{failed, pinned}))
	comparePins(t, db, pinned, other)
}

func comparePins(t *testing.T, db *catalog.DB, want ...catalog.Pin) {
	t.Helper()
	got, err := db.Pins(t.Context(), want[0].Content)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pins (-want +got):\n%s", diff)
	}
}

// finished returns a COMPLETED job with those outputs, each of its own name.
func finished(t *testing.T, db *catalog.DB, ms int, outputs ...string) catalog.Job {
	t.Helper()
	job := created(t, db, "film", ms)
	f := catalog.Finish{Status: catalog.Completed, At: after(ms)}
	for _, o := range outputs {
		f.Outputs = append(f.Outputs, catalog.Output{Name: o, Content: content(o), CID: "bafy" + o})
	}
	must(t, db.FinishJob(t.Context(), job.ID, f))
	return job
}

func testUnpinned(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	first := finished(t, db, 0, "a")
	finished(t, db, 1, "a", "b")
	attest(t, db, catalog.Provenance{Job: first.ID, Content: content("p")})
	must(t, db.RecordItems(ctx, []catalog.Item{{Content: content("p"), CID: "bafyp", Created: epoch()}}))
	failed := created(t, db, "film", 2)
	must(t, db.FinishJob(ctx, failed.ID, catalog.Finish{Status: catalog.Failed, At: after(2), Outputs: []catalog.Output{{Name: "c", Content: content("c")}}}))

	a := catalog.Pin{Content: content("a"), StorageID: "kubo", CID: "bafya", Type: catalog.PinOutput}
	b := catalog.Pin{Content: content("b"), StorageID: "kubo", CID: "bafyb", Type: catalog.PinOutput}
	p := catalog.Pin{Content: content("p"), StorageID: "kubo", CID: "bafyp", Type: catalog.PinProvenance}
	wantUnpinned(t, db, 0, p, a, b)
	a.Error, a.Tries, a.NotBefore, b.Pinned = "no room", 1, after(60_000), after(3)
	must(t, db.RecordPins(ctx, []catalog.Pin{a, b}))
	wantUnpinned(t, db, 59_999, p)
	wantUnpinned(t, db, 60_000, p, a)
	if elsewhere, err := db.Unpinned(ctx, "s3", epoch(), 2); err != nil || len(elsewhere) != 2 || elsewhere[0].StorageID != "s3" {
		t.Errorf("unpinned of another storage: %v, %v", elsewhere, err)
	}
}

// wantUnpinned compares without the order of those that ended together.
func wantUnpinned(t *testing.T, db *catalog.DB, ms int, want ...catalog.Pin) {
	t.Helper()
	got, err := db.Unpinned(t.Context(), "kubo", after(ms), 10)
	must(t, err)
	order := func(a, b catalog.Pin) int { return slices.Compare(a.Content[:], b.Content[:]) }
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unpinned (-want +got):\n%s", diff)
	}
}

func testDurableJobs(t *testing.T, db *catalog.DB) {
	ctx := t.Context()
	one, two := finished(t, db, 0, "a"), finished(t, db, 1, "a", "b")
	running := created(t, db, "film", 2)
	wantDurable(t, db)
	a := catalog.Pin{Content: content("a"), StorageID: "kubo", Type: catalog.PinOutput, Pinned: after(3)}
	b := catalog.Pin{Content: content("b"), StorageID: "kubo", Type: catalog.PinOutput, Tries: 1}
	must(t, db.RecordPins(ctx, []catalog.Pin{a, b}))
	wantDurable(t, db, one.ID)
	b.StorageID, b.Pinned = "s3", after(4)
	must(t, db.RecordPins(ctx, []catalog.Pin{b}))
	wantDurable(t, db, one.ID, two.ID)
	if _, held, err := db.Acquire(ctx, "durable", "s", after(5), lease); err != nil || !held {
		t.Fatal(held, err)
	}
	must(t, db.Advance(ctx, "durable", "s", "", "", after(5), catalog.Writes{Durable: []string{two.ID, running.ID}}))
	wantDurable(t, db, one.ID)
	if job, err := db.Job(ctx, running.ID); err != nil || job.Durable {
		t.Errorf("an unfinished job is durable: %v, %v", job.Durable, err)
	}
}

func wantDurable(t *testing.T, db *catalog.DB, want ...string) {
	t.Helper()
	if got, err := db.DurableJobs(t.Context(), 10); err != nil || !slices.Equal(got, want) {
		t.Errorf("durable jobs %v, %v, want %v", got, err, want)
	}
}
