package catalog

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"github.com/artdag/artdag/servicetest"
)

// What stood in a catalog of the first version stays, with all that refers to
// it, and the tables have the new rules.
func TestUpgradeSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "catalog.db")
	db, dialect, folder := firstVersion(t, path)
	fillFirstVersion(t, db, dialect, folder)
	checkUpgrade(t, path)
}

func TestUpgradePostgres(t *testing.T) {
	t.Parallel()
	dsn := servicetest.Postgres(t)
	db, dialect, folder := firstVersion(t, dsn)
	fillFirstVersion(t, db, dialect, folder)
	checkUpgrade(t, dsn)
}

// firstVersion opens an empty database as it is.
func firstVersion(t *testing.T, dsn string) (*sql.DB, goose.Dialect, string) {
	t.Helper()
	if !strings.Contains(dsn, "://") {
		connector, err := sqlite.NewConnector(sqliteURI(dsn))
		if err != nil {
			t.Fatal(err)
		}
		return sql.OpenDB(connector), goose.DialectSQLite3, "migrations/sqlite"
	}
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	return pool, goose.DialectPostgres, "migrations/postgres"
}

const oldJob = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

func fillFirstVersion(t *testing.T, pool *sql.DB, dialect goose.Dialect, folder string) {
	t.Helper()
	provider, err := newProvider(dialect, pool, folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	const hash = "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
	for _, statement := range []string{
		"INSERT INTO runs (run_id, recipe, params, inputs, created_at) VALUES (" + hash + "," + hash + ", '{}', '{}', 1)",
		"INSERT INTO jobs (id, run_id, name, status, created_at, started_at, steps_total) VALUES ('" + oldJob + "'," + hash + ", 'film', 'RUNNING', 1, 2, 7)",
		"INSERT INTO run_steps (job_id, cache_id, position, node, label, type, status) VALUES ('" + oldJob + "'," + hash + ", 0, 'n', 'l', 'T@1', 'COMPLETED')",
		"INSERT INTO run_cache (job_id, output_name, run_id, output_hash, recipe, inputs) VALUES ('" + oldJob + "', 'o'," + hash + "," + hash + "," + hash + ", '{}')",
	} {
		if _, err := pool.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

func checkUpgrade(t *testing.T, dsn string) {
	t.Helper()
	ctx, db := t.Context(), openFile(t, dsn)
	job, err := db.Job(ctx, oldJob)
	if err != nil || job.Status != Running || job.Priority != Normal || job.Durable || job.Counts.Total != 7 {
		t.Errorf("the job is now %+v, %v", job, err)
	}
	if steps, err := db.JobSteps(ctx, oldJob, 0, 10); err != nil || len(steps) != 1 {
		t.Errorf("its steps are now %v, %v", steps, err)
	}
	if err := db.PauseJob(ctx, oldJob); err != nil {
		t.Error(err)
	}
	if outputs, err := db.JobOutputs(ctx, oldJob); err != nil || len(outputs) != 1 {
		t.Errorf("its outputs are now %v, %v", outputs, err)
	}
	if _, err := db.bun.Exec("DELETE FROM jobs"); err == nil {
		t.Error("a job was deleted under its steps")
	}
	if _, err := db.bun.Exec("UPDATE jobs SET status = 'LOST'"); err == nil {
		t.Error("a job is in a state that there is not")
	}
}
