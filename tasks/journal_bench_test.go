package tasks_test

import (
	"slices"
	"testing"
	"time"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/tasks"
)

// BenchmarkJournalAdd is what a step waits for between its completion and the
// next: p99 and the longest say what a busy disk does to it.
func BenchmarkJournalAdd(b *testing.B) {
	j, err := tasks.OpenJournal(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	r := claim.Report{ID: dag.CacheID{1}, Jobs: []string{"job"}, Result: claim.Result{Meta: string(make([]byte, 400))}}
	e := tasks.Entry{Stream: "1-0", Report: r}
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		began := time.Now()
		if err := j.Add(e); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "max-us")
}
