package cache

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func gc(tb testing.TB, c *Cache, limit int64, dryRun bool) GCReport {
	tb.Helper()
	report, err := c.GC(tb.Context(), limit, dryRun)
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func evictedIDs(r GCReport) []string {
	var ids []string
	for _, e := range r.Evicted {
		ids = append(ids, e.ID)
	}
	return ids
}

func stats(tb testing.TB, c *Cache) Stats {
	tb.Helper()
	s, err := c.Stats(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestGCLeastRecentlyUsedFirst(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	for _, name := range []string{"a", "b", "c"} {
		put(t, c, name, strings.Repeat(name, 10_000))
	}
	if _, err := c.Get(stepID("a")); err != nil {
		t.Fatal(err)
	}
	report := gc(t, c, 15_000, false)
	want := []string{stepID("b").String(), stepID("c").String()}
	if got := evictedIDs(report); !slices.Equal(got, want) {
		t.Errorf("evicted %v, want b and c", got)
	}
	if s := stats(t, c); s.Bytes != report.After || s.Bytes > 15_000 || s.Count[KindEntry] != 1 {
		t.Errorf("after %+v, report %+v", s, report)
	}
	counted(t, c)
	sound(t, c)
}

func TestGCDryRunIsExact(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	for i := range 10 {
		put(t, c, fmt.Sprint("own", i), strings.Repeat("x", 100+i))
		put(t, c, fmt.Sprint("shared", i), "the same bytes")
	}
	if _, err := c.PutSource(t.Context(), strings.NewReader("the same bytes"), dag.ContentHash{}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.PutPlan(dag.PlanID{1}, []byte("[1]")), c.PutLog(stepID("own1"), strings.NewReader("log"))); err != nil {
		t.Fatal(err)
	}
	for limit := stats(t, c).Bytes; limit >= 0; limit -= 777 {
		planned := gc(t, c, limit, true)
		before := stats(t, c).Bytes
		done := gc(t, c, limit, false)
		if diff := cmp.Diff(planned, done); diff != "" {
			t.Fatalf("limit %d: dry run and deed differ (-dry +done):\n%s", limit, diff)
		}
		if after := stats(t, c).Bytes; after != done.After || before-after != done.Freed {
			t.Fatalf("limit %d: the disk went from %d to %d, the report says %+v", limit, before, after, done)
		}
		counted(t, c)
	}
}

func TestGCSharedFreesNothing(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	a := put(t, c, "a", strings.Repeat("x", 5000))
	put(t, c, "b", strings.Repeat("x", 5000))
	metadata := int64(len(readString(a.Dir)))
	s := stats(t, c)
	if s.Shared != 5000 {
		t.Errorf("sharing saves %d bytes, want 5000", s.Shared)
	}
	report := gc(t, c, s.Bytes-1, false)
	if len(report.Evicted) != 1 || report.Evicted[0].Freed != metadata || report.Evicted[0].Size != 5000+metadata {
		t.Errorf("report %+v, want one item that frees its %d bytes of metadata", report, metadata)
	}
}

func TestGCKeeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, dir, Options{})
	other := open(t, dir, Options{}) // as another process would
	for _, name := range []string{"held", "pinned", "making", "by content", "gone"} {
		put(t, c, name, name)
	}
	hold, err := other.Hold(dag.StepInput(stepID("held"), ""))
	if err != nil {
		t.Fatal(err)
	}
	if err := hold.Add(dag.ContentInput(dag.HashContent([]byte("by content")))); err != nil {
		t.Fatal(err)
	}
	lock, err := other.Lock(t.Context(), stepID("making"))
	if err := errors.Join(err, c.Pin(dag.StepInput(stepID("pinned"), ""))); err != nil {
		t.Fatal(err)
	}
	if report := gc(t, c, 0, false); !slices.Equal(evictedIDs(report), []string{stepID("gone").String()}) || report.Kept != 4 {
		t.Errorf("report %+v, want one evicted and four kept", report)
	}
	for _, name := range []string{"held", "pinned", "making"} {
		_, err := c.Remove(t.Context(), dag.StepInput(stepID(name), ""), false)
		wantErr(t, "Remove of "+name, err, ErrBusy)
	}
	if err := errors.Join(hold.Release(), lock.Unlock(), c.Unpin(dag.StepInput(stepID("pinned"), ""))); err != nil {
		t.Fatal(err)
	}
	if report := gc(t, c, 0, false); report.After != 0 || len(report.Evicted) != 4 {
		t.Errorf("after letting go: report %+v", report)
	}
}

func TestHoldOfDeadProcess(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	line := dag.StepInput(e.ID, "").String() + "\n"
	if err := os.WriteFile(c.path("holds", "dead"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Remove(t.Context(), dag.StepInput(e.ID, ""), false); err != nil {
		t.Errorf("a hold without a process keeps the entry: %v", err)
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	want := []dag.Input{dag.ContentInput(dag.ContentHash{1}), dag.StepInput(stepID("a"), "")}
	for _, ref := range want {
		if err := c.Pin(ref); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.Pins(); !cmp.Equal(got, want) || err != nil {
		t.Errorf("Pins = %v, %v, want %v", got, err, want)
	}
	wantErr(t, "Unpin of what is not pinned", c.Unpin(dag.StepInput(stepID("b"), "")), ErrMissing)
}

func TestRemove(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	e := put(t, c, "a", "abc")
	if err := c.PutLog(e.ID, strings.NewReader("log")); err != nil {
		t.Fatal(err)
	}
	ref := dag.StepInput(e.ID, "")
	would, err := c.Remove(t.Context(), ref, true)
	if err != nil {
		t.Fatal(err)
	}
	before := stats(t, c).Bytes
	freed, err := c.Remove(t.Context(), ref, false)
	if err != nil || freed != would || freed != before {
		t.Errorf("freed %d, %v; the dry run said %d, the cache had %d", freed, err, would, before)
	}
	_, err = c.Content(e.Content)
	wantErr(t, "Content of what was removed", err, ErrMissing)
	_, err = c.Remove(t.Context(), ref, false)
	wantErr(t, "Remove of nothing", err, ErrMissing)
	counted(t, c)
}

func TestLimitIsKept(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{Limit: 50_000})
	for i := range 40 {
		put(t, c, fmt.Sprint(i), strings.Repeat(fmt.Sprint(i%10), 4000+i))
		c.background.Wait() // so that the last one counts
	}
	if s := stats(t, c); s.Bytes > 50_000 || s.Bytes < 30_000 {
		t.Errorf("the cache takes %d bytes, want at most 50000 and not much less", s.Bytes)
	}
	if _, err := c.Get(stepID("39")); err != nil {
		t.Errorf("the newest entry: %v", err)
	}
	counted(t, c)
	sound(t, c)
}

func TestVerifyAndRepair(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	a, b := put(t, c, "a", "abc"), put(t, c, "b", "abc")
	put(t, c, "good", "good")
	info, err := os.Stat(a.Path)
	if err != nil {
		t.Fatal(err)
	}
	// A bit that flipped on the disk leaves size and seal as they were.
	if err := errors.Join(overwrite(a.Path, "abX"), os.Chtimes(a.Path, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "VerifyEntry", c.VerifyEntry(t.Context(), a), ErrMissing)
	report, err := c.Verify(t.Context(), true, nil)
	if err != nil || report.Checked != 3 || len(report.Problems) != 2 {
		t.Fatalf("Verify = %+v, %v, want two damaged of three", report, err)
	}
	var mismatch *MismatchError
	if p := report.Problems[0]; !errors.As(p.Err, &mismatch) || mismatch.Want != a.Content || !p.Repaired {
		t.Errorf("problem %+v", p)
	}
	for _, e := range []*Entry{a, b} {
		_, err := c.Get(e.ID)
		wantErr(t, "Get after the repair", err, ErrMissing)
	}
	if again := put(t, c, "a", "abc"); read(t, again.Path) != "abc" {
		t.Errorf("after the repair the file holds %q", read(t, again.Path))
	}
	sound(t, c)
	counted(t, c)
}
