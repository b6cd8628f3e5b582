package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
)

// DB is an open catalog. It is safe for concurrent use, and any number of
// processes may have the same one open.
type DB struct {
	bun *bun.DB
}

// Open opens the catalog that dsn names, makes it when there is none, and
// brings its tables up to date. dsn is the path of a SQLite file, which must
// not be on a network file system, or "sqlite:///path". The file's folder must
// exist; if either cannot be written, the error is ErrReadOnly, if the file was
// made by a newer program, ErrNewer. It blocks while another process migrates.
func Open(ctx context.Context, dsn string) (*DB, error) {
	path, isURL := strings.CutPrefix(dsn, "sqlite://")
	if scheme, _, ok := strings.Cut(path, "://"); ok && !isURL {
		return nil, fmt.Errorf("catalog: %s is not a database that artdag knows: give sqlite:///path or the path of a file", scheme)
	}
	db, err := openSQLite(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("catalog: open %s: %w", path, err)
	}
	return db, nil
}

// Close closes the catalog. It waits for calls that are under way.
func (db *DB) Close() error { return wrap(db.bun.Close(), "close") }

// write does work in one transaction.
func (db *DB) write(ctx context.Context, what string, work func(context.Context, bun.Tx) error) error {
	return wrap(db.bun.RunInTx(ctx, nil, work), what)
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("catalog: %s: %w", what, err)
}

// noRows turns the absence of a row into ErrNotFound.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// rowsPerStatement keeps a statement near 100 KB, which any database parses.
const rowsPerStatement = 200

// chunks hands out rows in pieces of one statement each.
func chunks[T any](rows []T, insert func([]T) error) error {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerStatement)
		if err := insert(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// lastOf leaves one row per key, in the order of first appearance: the later
// one if it may replace the earlier.
func lastOf[T any, K comparable](rows []T, key func(T) K, replaces func(was, is T) bool) []T {
	place := make(map[K]int, len(rows))
	out := make([]T, 0, len(rows))
	for _, row := range rows {
		at, seen := place[key(row)]
		if !seen {
			place[key(row)] = len(out)
			out = append(out, row)
		} else if replaces(out[at], row) {
			out[at] = row
		}
	}
	return out
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// clean makes text of tools storable: databases refuse NUL and broken UTF-8.
func clean(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "�"), "�")
}
