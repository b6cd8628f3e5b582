package catalog

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/servicetest"
)

// The scheduler asks for jobs to sign whenever one has ended: that must not read
// all jobs there ever were.
func TestUnattestedGoesAlongItsIndex(t *testing.T) {
	t.Parallel()
	for explain, dsn := range map[string]string{
		"EXPLAIN ": servicetest.Postgres(t), "EXPLAIN QUERY PLAN ": filepath.Join(t.TempDir(), "catalog.db"),
	} {
		db := openFile(t, dsn)
		for range 200 {
			err := db.CreateJob(t.Context(), Job{ID: NewJobID(time.Now()), RunID: [32]byte{1}, Recipe: [32]byte{2}, Name: "film", Created: time.Now(), Request: "{}"})
			if err != nil {
				t.Fatal(err)
			}
		}
		var found []Job
		rows, err := db.bun.QueryContext(t.Context(), explain+unattested(db.bun, &found, time.Now(), 20).String())
		if err != nil {
			t.Fatal(err)
		}
		plan, err := all(rows)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, "jobs_unattested") {
			t.Errorf("the plan is\n%s", plan)
		}
	}
}

// all is the text of all rows, a line each.
func all(rows *sql.Rows) (string, error) {
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var text strings.Builder
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		err = errors.Join(err, rows.Scan(into...))
		fmt.Fprintln(&text, values...)
	}
	return text.String(), errors.Join(err, rows.Err(), rows.Close())
}
