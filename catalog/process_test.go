package catalog_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/catalog/catalogtest"
)

// roleVariable makes this test program one of the processes of its own tests:
// "role path".
const roleVariable = "ARTDAG_TEST_CATALOG_ROLE"

func TestMain(m *testing.M) {
	name, path, ok := strings.Cut(os.Getenv(roleVariable), " ")
	if !ok {
		os.Exit(m.Run())
	}
	role := map[string]func(context.Context, *catalog.DB) error{
		"start": createOne, "write": writeHundred, "until killed": writeUntilKilled,
	}[strings.ReplaceAll(name, "-", " ")]
	if err := play(path, role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(path string, role func(context.Context, *catalog.DB) error) error {
	ctx := context.Background()
	db, err := catalog.Open(ctx, path)
	if err != nil {
		return err
	}
	return errors.Join(role(ctx, db), db.Close())
}

func createOne(ctx context.Context, db *catalog.DB) error {
	return recordBatch(ctx, db, "start", 1)
}

// writeHundred does a hundred writes at once.
func writeHundred(ctx context.Context, db *catalog.DB) error {
	var group errgroup.Group
	for range 100 {
		group.Go(func() error { return recordBatch(ctx, db, "write", 2) })
	}
	return group.Wait()
}

const killedBatch = 100

// writeUntilKilled says so each time that a batch is safe.
func writeUntilKilled(ctx context.Context, db *catalog.DB) error {
	for {
		if err := recordBatch(ctx, db, "killed", killedBatch); err != nil {
			return err
		}
		fmt.Println("recorded")
	}
}

// recordBatch records that many executed steps of a new job.
func recordBatch(ctx context.Context, db *catalog.DB, name string, n int) error {
	job := catalogtest.NewJob(name, 0)
	if err := db.CreateJob(ctx, job); err != nil {
		return err
	}
	records := make([]catalog.StepRecord, n)
	for i := range records {
		records[i] = catalogtest.Executed(job.ID, fmt.Sprint(job.ID, i), i, fmt.Sprint(job.ID, i))
	}
	return db.RecordSteps(ctx, records)
}

func process(ctx context.Context, role, path string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role+" "+path)
	return cmd
}

// together runs n processes of that role at the same time.
func together(t *testing.T, n int, role, path string) {
	t.Helper()
	var group errgroup.Group
	for range n {
		group.Go(func() error {
			if out, err := process(t.Context(), role, path).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func jobCount(t *testing.T, db *catalog.DB) int {
	t.Helper()
	jobs, err := db.Jobs(t.Context(), catalog.Filter{}, catalog.Cursor{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return len(jobs)
}

func TestFortyFirstStarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "catalog.db")
	together(t, 40, "start", path)
	if got := jobCount(t, open(t, path)); got != 40 {
		t.Errorf("%d jobs are recorded, want 40", got)
	}
}

func TestEightProcessesWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "catalog.db")
	together(t, 8, "write", path)
	if got := jobCount(t, open(t, path)); got != 800 {
		t.Errorf("%d jobs are recorded, want 800", got)
	}
}

func TestKilledWriter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "catalog.db")
	const kills, acknowledged = 5, 3
	for range kills {
		killAfter(t, path, acknowledged)
	}
	db := open(t, path)
	jobs, err := db.Jobs(t.Context(), catalog.Filter{}, catalog.Cursor{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, job := range jobs {
		steps, err := db.JobSteps(t.Context(), job.ID, 0, killedBatch+1)
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) == killedBatch {
			whole++
		} else if len(steps) > 0 {
			t.Errorf("job %s has %d of %d steps that were recorded together", job.ID, len(steps), killedBatch)
		}
	}
	if whole < kills*acknowledged {
		t.Errorf("%d batches are whole, want at least the %d that were acknowledged", whole, kills*acknowledged)
	}
	if err := recordBatch(t.Context(), db, "after", 1); err != nil {
		t.Errorf("writing after the kills: %v", err)
	}
}

// killAfter starts a writer and kills it, in the middle of the next write, once
// it has said often enough that a batch is safe.
func killAfter(t *testing.T, path string, acknowledged int) {
	t.Helper()
	cmd := process(t.Context(), "until-killed", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range acknowledged {
		if !lines.Scan() {
			t.Errorf("the writer ended early: %v", lines.Err())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
}
