package catalog_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/catalog/catalogtest"
)

func TestOpenAgain(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"catalog.db", "a b?c=d&e#f%20g;ü.db"} {
		path := filepath.Join(t.TempDir(), name)
		job := catalogtest.NewJob("film", 0)
		if err := open(t, path).CreateJob(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if got, err := open(t, "sqlite://"+path).Job(t.Context(), job.ID); err != nil || got.Name != "film" {
			t.Errorf("%s: job after opening again: %v, %v", name, got, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	garbage := filepath.Join(t.TempDir(), "catalog.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dsn := range []string{
		"postgresql://localhost:1/artdag", "oracle://x", filepath.Join(t.TempDir(), "none", "catalog.db"), garbage,
	} {
		db, err := catalog.Open(t.Context(), dsn)
		if err == nil {
			t.Errorf("Open(%q) succeeded", dsn)
			_ = db.Close()
		} else if errors.Is(err, catalog.ErrReadOnly) || !strings.Contains(err.Error(), "catalog: ") {
			t.Errorf("Open(%q): %v", dsn, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := catalog.Open(ctx, filepath.Join(t.TempDir(), "catalog.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "catalog.db")
	open(b, path) // stays open: the last one to close writes the WAL back
	for b.Loop() {
		db, err := catalog.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenFirst(b *testing.B) {
	folder := b.TempDir()
	for b.Loop() {
		path := filepath.Join(folder, catalog.NewJobID(catalogtest.NewJob("film", 0).Created))
		db, err := catalog.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun does what a run does of which everything is cached: open, one
// job from beginning to end, close.
func BenchmarkRun(b *testing.B) {
	path := filepath.Join(b.TempDir(), "catalog.db")
	for b.Loop() {
		db, err := catalog.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		job := catalogtest.NewJob("film", 0)
		finish := catalog.Finish{Status: catalog.Completed, At: job.Created}
		err = errors.Join(db.CreateJob(b.Context(), job), db.StartJob(b.Context(), job.ID, job.Created),
			db.FinishJob(b.Context(), job.ID, finish), db.Close())
		if err != nil {
			b.Fatal(err)
		}
	}
}
