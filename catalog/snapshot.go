package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// SchemaVersion is the number of the newest migration that this program knows.
const SchemaVersion = newestVersion

// tables are all tables, each behind those that it refers to.
func tables() []string {
	return []string{
		"runs", "jobs", "run_steps", "step_results", "nondeterminism", "run_cache", "cache_items", "item_types", "analyses",
		"storage_backends", "storage_pins", "cursors", "processor_errors", "audit_log",
	}
}

// Snapshot is a catalog as it was at one moment, whoever writes meanwhile. It is
// for one goroutine.
type Snapshot struct {
	db      *DB
	tx      bun.Tx
	version int
}

// OpenSnapshot opens the catalog that dsn names, as Open does, and neither makes
// nor migrates anything: a catalog of an older program is read as it is. The
// error is ErrNone where there is none, ErrNewer when it is a newer program's.
func OpenSnapshot(ctx context.Context, dsn string) (*Snapshot, error) {
	db, err := openAsIs(ctx, dsn)
	if err != nil {
		return nil, wrap(err, "open")
	}
	s := &Snapshot{db: db}
	if err := s.begin(ctx); err != nil {
		return nil, wrap(errors.Join(err, db.Close()), "open")
	}
	return s, nil
}

func openAsIs(ctx context.Context, dsn string) (*DB, error) {
	scheme, rest, ok := strings.Cut(dsn, "://")
	if ok && scheme != "sqlite" {
		db, _, err := connectPostgres(ctx, dsn)
		return db, err
	}
	if !ok {
		rest = dsn
	}
	if _, err := os.Stat(rest); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return connectSQLite(rest)
}

// begin begins the transaction and reads the version, with which the moment is
// fixed.
func (s *Snapshot) begin(ctx context.Context) (err error) {
	if s.tx, err = s.db.bun.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}); err != nil {
		return err
	}
	if err := s.look(ctx); err != nil {
		return errors.Join(err, s.tx.Rollback()) // the pool waits for what is open
	}
	return nil
}

func (s *Snapshot) look(ctx context.Context) error {
	var version sql.NullInt64
	if err := s.tx.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&version); err != nil {
		if unreachable(err) || ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	s.version = int(version.Int64)
	switch {
	case s.version > newestVersion:
		return fmt.Errorf("%w (its tables have version %d, this one knows %d)", ErrNewer, s.version, newestVersion)
	case s.version == 0:
		return ErrNone
	}
	return nil
}

// Close ends the snapshot.
func (s *Snapshot) Close() error {
	return wrap(errors.Join(s.tx.Rollback(), s.db.Close()), "close")
}

// Version is that of its tables.
func (s *Snapshot) Version() int { return s.version }

// Tables names the tables that there are, each behind those that it refers to.
func (s *Snapshot) Tables(ctx context.Context) ([]string, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if s.db.postgres() {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	var there []string
	if err := s.tx.NewRaw(query).Scan(ctx, &there); err != nil {
		return nil, wrap(err, "list tables")
	}
	return slices.DeleteFunc(tables(), func(name string) bool { return !slices.Contains(there, name) }), nil
}

func (db *DB) postgres() bool { _, ok := db.bulk.(arrays); return ok }

// Rows hands out every row of a table: string, int64, float64, bool or nil for
// each column, whatever the database. row is valid until yield returns; columns
// are the same in each call.
func (s *Snapshot) Rows(ctx context.Context, table string, yield func(columns []string, row []any) error) error {
	what := "read table " + table
	rows, err := s.tx.QueryContext(ctx, "SELECT * FROM ?", bun.Ident(table))
	if err != nil {
		return wrap(err, what)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return wrap(err, what)
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return wrap(err, what)
		}
		plainValues(row)
		if err := yield(columns, row); err != nil {
			return err
		}
	}
	return wrap(rows.Err(), what)
}

// plainValues leaves values that JSON has.
func plainValues(row []any) {
	for i, value := range row {
		switch value := value.(type) {
		case []byte:
			row[i] = string(value)
		case float64:
			if math.IsNaN(value) || math.IsInf(value, 0) {
				row[i] = fmt.Sprint(value)
			}
		}
	}
}

// Documents names what the jobs refer to and the catalog does not hold: their
// plans, and the contents that are their signed provenance.
func (s *Snapshot) Documents(ctx context.Context) (plans []dag.PlanID, provenance []dag.ContentHash, err error) {
	var ids, hashes []string
	if err := s.tx.NewRaw("SELECT DISTINCT plan_id FROM jobs WHERE plan_id IS NOT NULL ORDER BY 1").Scan(ctx, &ids); err != nil {
		return nil, nil, wrap(err, "list plans")
	}
	if s.version > 1 {
		err := s.tx.NewRaw("SELECT DISTINCT provenance FROM jobs WHERE provenance IS NOT NULL ORDER BY 1").Scan(ctx, &hashes)
		if err != nil {
			return nil, nil, wrap(err, "list provenance")
		}
	}
	if plans, err = parsed[dag.PlanID](ids); err != nil {
		return nil, nil, err
	}
	provenance, err = parsed[dag.ContentHash](hashes)
	return plans, provenance, err
}

func parsed[ID dag.PlanID | dag.ContentHash](texts []string) ([]ID, error) {
	out := make([]ID, len(texts))
	for i, text := range texts {
		id, err := dag.ParseID[ID](text)
		if err != nil {
			return nil, fmt.Errorf("catalog: %w", err)
		}
		out[i] = id
	}
	return out, nil
}
