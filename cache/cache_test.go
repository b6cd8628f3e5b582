package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/artdag/artdag/dag"
)

// ticking is a clock that moves a second each time it is asked, so that uses
// have an order.
func ticking() func() time.Time {
	var n atomic.Int64
	return func() time.Time { return time.Unix(1_800_000_000+n.Add(1), 0) }
}

func open(tb testing.TB, dir string, opts Options) *Cache {
	tb.Helper()
	if opts.Now == nil {
		opts.Now = ticking()
	}
	if opts.Limit == 0 {
		opts.Limit = 1 << 40
	}
	c, err := Open(dir, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return c
}

func stepID(name string) dag.CacheID { return dag.CacheID(dag.HashContent([]byte("step " + name))) }

// write makes a file in a scratch folder of its own.
func write(tb testing.TB, c *Cache, name, text string) string {
	tb.Helper()
	s, err := c.Scratch("test")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	path := filepath.Join(s.Dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

func put(tb testing.TB, c *Cache, name, text string) *Entry {
	tb.Helper()
	e, err := c.Put(tb.Context(), stepID(name), dag.CacheID{}, Output{Path: write(tb, c, "out.mkv", text)})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func read(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func wantErr(tb testing.TB, what string, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

// sound reads every entry and compares it with its hashes.
func sound(tb testing.TB, c *Cache) {
	tb.Helper()
	report, err := c.Verify(context.Background(), false, nil)
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range report.Problems {
		tb.Errorf("verify: %s %s: %v", p.Item.Kind, p.Item.ID, p.Err)
	}
}

// counted compares the count of bytes with those on the disk.
func counted(tb testing.TB, c *Cache) {
	tb.Helper()
	n, err := c.census(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	used, err := c.usage()
	if err != nil || used != n.counted {
		tb.Errorf("usage says %d bytes (%v), the disk has %d", used, err, n.counted)
	}
}

func TestOpenMakesLayout(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	c := open(t, dir, Options{})
	for _, name := range folders() {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			t.Errorf("folder %s: %v", name, err)
		}
	}
	if c.ReadOnly() || c.Dir() != dir {
		t.Errorf("ReadOnly %v, Dir %s", c.ReadOnly(), c.Dir())
	}
}

func TestOpenRefusesFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := Open(path, Options{}); err == nil {
		t.Errorf("Open of a file succeeded: %v", c)
	}
}

func TestDefaultLimit(t *testing.T) {
	t.Parallel()
	c, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	free := freeBytes(c.Dir())
	if limit := c.Limit(); limit <= free/2 || limit > free {
		t.Errorf("Limit %d with %d bytes free, want about 80%%", limit, free)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	plan, analysis := dag.PlanID{1}, dag.AnalysisID{2}
	_, err := c.Plan(plan)
	wantErr(t, "Plan of nothing", err, ErrMissing)
	if err := errors.Join(c.PutPlan(plan, []byte(`{"a":1}`)), c.PutAnalysis(analysis, []byte(`[2]`))); err != nil {
		t.Fatal(err)
	}
	got, err := c.Plan(plan)
	if string(got) != `{"a":1}` || err != nil {
		t.Errorf("Plan = %s, %v", got, err)
	}
	got, err = c.Analysis(analysis)
	if string(got) != `[2]` || err != nil {
		t.Errorf("Analysis = %s, %v", got, err)
	}
	if err := os.WriteFile(c.kindPath(KindPlan, plan.String()), []byte(`{"a":`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = c.Plan(plan)
	wantErr(t, "Plan cut short", err, ErrMissing)
}

func TestLog(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	_, err := c.Log(stepID("a"))
	wantErr(t, "Log of nothing", err, ErrMissing)
	for _, text := range []string{"first\n", "second\n"} {
		if err := c.PutLog(stepID("a"), bytes.NewReader([]byte(text))); err != nil {
			t.Fatal(err)
		}
		r, err := c.Log(stepID("a"))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(r)
		if b.String() != text || errors.Join(err, r.Close()) != nil {
			t.Errorf("Log = %q, %v, want %q", b.String(), err, text)
		}
	}
}

// leftNothing reports bytes or scratch folders that a refused operation left.
// The folder that all puts share stays, and is empty.
func leftNothing(c *Cache) error {
	shared, err := c.stagingFolder()
	if err != nil {
		return err
	}
	all, err := filepath.Glob(c.path("scratch", "*"))
	inside, globErr := filepath.Glob(filepath.Join(shared, "*"))
	left := slices.DeleteFunc(append(all, inside...), func(name string) bool { return name == shared || name == shared+".lock" })
	if err := errors.Join(err, globErr); len(left) > 0 || err != nil {
		return fmt.Errorf("scratch has %v, %w", left, err)
	}
	n, err := c.census(context.Background())
	if err != nil || n.total != 0 {
		return fmt.Errorf("%d bytes are left, %w", n.total, err)
	}
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
