package catalog_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/catalog/catalogtest"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/servicetest"
)

// dialects are the databases that benchmarks compare.
func dialects() map[string]func(b *testing.B) string {
	return map[string]func(b *testing.B) string{
		"sqlite":   func(b *testing.B) string { return filepath.Join(b.TempDir(), "catalog.db") },
		"postgres": func(b *testing.B) string { return servicetest.Postgres(b) },
	}
}

// BenchmarkRecordSteps records 1,000 executed steps, each with a result and an
// item, in one call.
func BenchmarkRecordSteps(b *testing.B) {
	for dialect, dsn := range dialects() {
		b.Run(dialect, func(b *testing.B) {
			db := open(b, dsn(b))
			for b.Loop() {
				b.StopTimer()
				records := newRecords(b, db, 1000)
				b.StartTimer()
				if err := db.RecordSteps(b.Context(), records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

// BenchmarkResults asks for 10,000 steps, of which 1,000 are known.
func BenchmarkResults(b *testing.B) {
	for dialect, dsn := range dialects() {
		b.Run(dialect, func(b *testing.B) {
			db := open(b, dsn(b))
			records := newRecords(b, db, 1000)
			if err := db.RecordSteps(b.Context(), records); err != nil {
				b.Fatal(err)
			}
			ids := make([]dag.CacheID, 10_000)
			for i := range ids {
				ids[i] = dag.CacheID(dag.HashContent([]byte(fmt.Sprint(i))))
				if i%10 == 0 {
					ids[i] = records[i/10].CacheID
				}
			}
			for b.Loop() {
				if found, err := db.Results(b.Context(), ids); err != nil || len(found) != len(records) {
					b.Fatal(len(found), err)
				}
			}
		})
	}
}

// newRecords returns records of executed steps of a new job.
func newRecords(t testing.TB, db *catalog.DB, n int) []catalog.StepRecord {
	job := catalogtest.NewJob("film", 0)
	if err := db.CreateJob(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	records := make([]catalog.StepRecord, n)
	for i := range records {
		name := fmt.Sprint(job.ID, i)
		records[i] = catalogtest.Executed(job.ID, name, i, name)
	}
	return records
}
