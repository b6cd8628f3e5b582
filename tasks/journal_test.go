package tasks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/tasks"
)

func TestJournalSurvivesAndForgets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := tasks.OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n, stream := range []string{"5-0", "5-1", "12-0"} {
		if err := j.Add(tasks.Entry{Stream: stream, Report: claim.Report{ID: dag.CacheID{byte(n + 1)}, Jobs: []string{"job"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	// The process was killed while it wrote.
	file, err := os.OpenFile(filepath.Join(dir, "journal.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"stream":"13-0","id":"04`); err != nil {
		t.Fatal(err)
	}
	file.Close()
	if j, err = tasks.OpenJournal(dir); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if got := j.Unrecorded(); len(got) != 3 || got[2].ID != (dag.CacheID{3}) {
		t.Fatalf("after the restart: %+v", got)
	}
	if err := j.Recorded("5-1"); err != nil {
		t.Fatal(err)
	}
	if got := j.Unrecorded(); len(got) != 1 || got[0].ID != (dag.CacheID{3}) {
		t.Errorf("after 5-1 is recorded: %+v", got)
	}
	j.Reported([]string{"20-0"})
	if err := j.Recorded("12-0"); err != nil {
		t.Fatal(err)
	}
	if got := j.Unrecorded(); len(got) != 1 {
		t.Errorf("what was reported anew is forgotten too early: %+v", got)
	}
}

// A step of many members has a long line.
func TestJournalKeepsLongLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := tasks.OpenJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	long := claim.Report{ID: dag.CacheID{1}, Result: claim.Result{Meta: strings.Repeat("x", 3<<20)}}
	if err := j.Add(tasks.Entry{Stream: "1-0", Report: long}, tasks.Entry{Stream: "2-0", Report: claim.Report{ID: dag.CacheID{2}}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = tasks.OpenJournal(dir); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if got := j.Unrecorded(); len(got) != 2 || got[1].ID != (dag.CacheID{2}) {
		t.Errorf("after the restart there are %d, want both", len(got))
	}
}
