package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/servicetest"
)

// everyTable fills every table with what is hard to carry: no value, quotes,
// marks of statements, the largest number, a fraction.
func everyTable(t *testing.T, db *DB) {
	t.Helper()
	h := func(c string) string { return "'" + strings.Repeat(c, 64) + "'" }
	const job = "'01ARZ3NDEKTSV4RRFFQ69G5FAV'"
	for _, statement := range []string{
		"INSERT INTO runs (run_id, recipe, params, inputs, created_at) VALUES (" + h("a") + "," + h("b") + `, '{"q": "it''s \"?\" <&> \\ ü 🎬"}', '{}', 9007199254740993)`,
		"INSERT INTO jobs (id, run_id, plan_id, name, status, created_at, started_at, finished_at, durable, provenance) VALUES (" + job + "," + h("a") + "," + h("c") + ", 'what?', 'COMPLETED', 1, 2, 3, true," + h("d") + ")",
		"INSERT INTO run_steps (job_id, cache_id, position, node, label, type, status, message) VALUES (" + job + "," + h("a") + ", 0, 'n', 'l', 'T@1', 'FAILED', 'line\nline ?0 \t''x''')",
		"INSERT INTO step_results (cache_id, resolved_id, content_hash, executor, wall_ms, tool_ms, cost, bytes, recorded_at) VALUES (" + h("a") + "," + h("b") + "," + h("c") + ", 'T@1', 1, 2, 0.1, 9223372036854775807, 4)",
		"INSERT INTO nondeterminism (cache_id, job_id, got_hash, recorded_hash, found_at) VALUES (" + h("a") + "," + job + "," + h("b") + "," + h("c") + ", 5)",
		"INSERT INTO run_cache (job_id, output_name, run_id, output_hash, ipfs_cid, recipe, inputs) VALUES (" + job + ", 'o'," + h("a") + "," + h("c") + ", 'bafy'," + h("b") + ", '{}')",
		"INSERT INTO cache_items (content_hash, ipfs_cid, size_bytes, created_at) VALUES (" + h("c") + ", 'bafy', 7, 6)",
		"INSERT INTO item_types (content_hash, actor_id, type, metadata) VALUES (" + h("c") + ", 'ann', 'film', '{}')",
		"INSERT INTO analyses (analysis_id, input, feature, content_hash, created_at) VALUES (" + h("e") + "," + h("c") + ", 'probe'," + h("d") + ", 7)",
		"INSERT INTO storage_backends (id, provider_type, config, created_at) VALUES ('s', 'kubo', '{}', 8)",
		"INSERT INTO storage_pins (content_hash, storage_id, pin_type) VALUES (" + h("c") + ", 's', 'recursive')",
		"INSERT INTO cursors (processor, cursor, owner, lease_until) VALUES ('record', 'epoch 1-2', 'scheduler-1', 9)",
		"INSERT INTO processor_errors (processor, item, error, tries, parked) VALUES ('pin', 'x', 'no', 3, true), ('pin', 'y', 'no', 1, false)",
		"INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (1, 'ann', 'submit', 'job', ''), (2, 'ann', 'cancel', 'job', '')",
	} {
		if _, err := db.bun.DB.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// dump is every row as lines of JSON, by table.
func dump(t *testing.T, dsn string) (version int, order []string, out map[string][]string) {
	t.Helper()
	s, err := OpenSnapshot(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if order, err = s.Tables(t.Context()); err != nil {
		t.Fatal(err)
	}
	out = make(map[string][]string)
	for _, table := range order {
		err := s.Rows(t.Context(), table, func(columns []string, row []any) error {
			named := make(map[string]any)
			for i := range columns {
				named[columns[i]] = row[i]
			}
			line, err := json.Marshal(named)
			out[table] = append(out[table], string(line))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s.Version(), order, out
}

// refill restores a snapshot as an archive would carry it.
func refill(ctx context.Context, from string, into *DB) error {
	s, err := OpenSnapshot(ctx, from)
	if err != nil {
		return err
	}
	defer s.Close()
	tables, err := s.Tables(ctx)
	if err != nil {
		return err
	}
	return into.Restore(ctx, s.Version(), func(f *Filling) error {
		for _, table := range tables {
			err := s.Rows(ctx, table, func(columns []string, row []any) error {
				text, err := json.Marshal(row)
				if err != nil {
					return err
				}
				var read []any
				decoder := json.NewDecoder(strings.NewReader(string(text)))
				decoder.UseNumber()
				if err := decoder.Decode(&read); err != nil {
					return err
				}
				return f.Insert(ctx, table, columns, [][]any{read})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// databases makes empty databases of both kinds.
func databases(t *testing.T) map[string]func() string {
	return map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "catalog.db") },
		"postgres": func() string { return servicetest.Postgres(t) },
	}
}

// Whatever database a snapshot comes from and goes to, every row arrives as it
// was, and what is counted goes on behind it.
func TestSnapshotIsRestored(t *testing.T) {
	t.Parallel()
	for from, source := range databases(t) {
		for to, target := range databases(t) {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				old, made := source(), target()
				everyTable(t, openFile(t, old))
				db := openFile(t, made)
				if err := refill(t.Context(), old, db); err != nil {
					t.Fatal(err)
				}
				_, order, want := dump(t, old)
				_, _, got := dump(t, made)
				// SQLite says 1 for true where PostgreSQL says true.
				if diff := cmp.Diff(plainTruth(want), plainTruth(got)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				for _, table := range order {
					if len(want[table]) == 0 {
						t.Errorf("the test put nothing into %s", table)
					}
				}
				if _, err := db.bun.DB.Exec("INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (3, 'ann', 'next', 'job', '')"); err != nil {
					t.Errorf("the next row of the log: %v", err)
				}
			})
		}
	}
}

func plainTruth(tables map[string][]string) map[string][]string {
	out := make(map[string][]string)
	for table, rows := range tables {
		for _, row := range rows {
			for _, name := range []string{"durable", "parked"} {
				row = strings.ReplaceAll(row, fmt.Sprintf(`"%s":1`, name), fmt.Sprintf(`"%s":true`, name))
				row = strings.ReplaceAll(row, fmt.Sprintf(`"%s":0`, name), fmt.Sprintf(`"%s":false`, name))
			}
			out[table] = append(out[table], row)
		}
		slices.Sort(out[table])
	}
	return out
}

// A table that a migration adds and the list forgets would be in no backup.
func TestEveryTableIsListed(t *testing.T) {
	t.Parallel()
	for name, dsn := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openFile(t, dsn())
			query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
			if db.postgres() {
				query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
			}
			var there []string
			if err := db.bun.NewRaw(query).Scan(t.Context(), &there); err != nil {
				t.Fatal(err)
			}
			there = slices.DeleteFunc(there, func(name string) bool { return name == "goose_db_version" })
			slices.Sort(there)
			if diff := cmp.Diff(slices.Sorted(slices.Values(tables())), there); diff != "" {
				t.Errorf("tables (-listed +there):\n%s", diff)
			}
		})
	}
}

// A snapshot stays as it was while others write, and holds nobody up.
func TestSnapshotIsOneMoment(t *testing.T) {
	t.Parallel()
	for name, dsn := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := dsn()
			db := openFile(t, where)
			s, err := OpenSnapshot(t.Context(), where)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			everyTable(t, db)
			for _, table := range tables() {
				err := s.Rows(t.Context(), table, func(_ []string, row []any) error { return fmt.Errorf("it has %v", row) })
				if err != nil {
					t.Errorf("%s: %v", table, err)
				}
			}
		})
	}
}

// Restoring into a catalog in use is refused; when it fails, nothing is left.
func TestRestoreIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, dsn := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			full, made := dsn(), dsn()
			everyTable(t, openFile(t, full))
			if err := refill(t.Context(), full, openFile(t, full)); !errors.Is(err, ErrNotEmpty) {
				t.Errorf("into a full catalog: %v", err)
			}
			db := openFile(t, made)
			broken := errors.New("broken")
			err := db.Restore(t.Context(), newestVersion, func(f *Filling) error {
				row := []any{strings.Repeat("a", 64), strings.Repeat("b", 64), "{}", "{}", json.Number("1")}
				if err := f.Insert(t.Context(), "runs", []string{"run_id", "recipe", "params", "inputs", "created_at"}, [][]any{row}); err != nil {
					return err
				}
				return broken
			})
			if !errors.Is(err, broken) {
				t.Errorf("a restore that fails: %v", err)
			}
			if _, _, rows := dump(t, made); len(rows) > 0 {
				t.Errorf("it left %v", rows)
			}
			if _, _, err := db.Acquire(t.Context(), "record", "scheduler-1", time.Now(), time.Minute); err != nil {
				t.Fatal(err)
			}
			if err := refill(t.Context(), full, db); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "scheduler-1") {
				t.Errorf("under a scheduler: %v", err)
			}
			if err := db.Release(t.Context(), "record", "scheduler-1"); err != nil {
				t.Fatal(err)
			}
			if err := refill(t.Context(), full, db); err != nil {
				t.Errorf("into a catalog that a scheduler has left: %v", err)
			}
			if err := db.Restore(t.Context(), newestVersion+1, nil); !errors.Is(err, ErrNewer) {
				t.Errorf("newer tables: %v", err)
			}
		})
	}
}

// The snapshot of an older program's catalog is read without changing it, and is
// brought up to date where it is restored.
func TestRestoreOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	for name, dsn := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old, made := dsn(), dsn()
			db, dialect, folder := firstVersion(t, old)
			fillFirstVersion(t, db, dialect, folder)
			if err := refill(t.Context(), old, openFile(t, made)); err != nil {
				t.Fatal(err)
			}
			checkUpgrade(t, made)
			if version, _, _ := dump(t, old); version != 1 {
				t.Errorf("the old catalog now has version %d", version)
			}
		})
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	t.Parallel()
	for name, dsn := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s, err := OpenSnapshot(t.Context(), dsn()); !errors.Is(err, ErrNone) {
				t.Errorf("got %v, %v", s, err)
			}
		})
	}
}
