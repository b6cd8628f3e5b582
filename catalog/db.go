package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// DB is an open catalog. It is safe for concurrent use, and any number of
// processes may have the same one open.
type DB struct {
	bun       *bun.DB
	bulk      bulk
	closePool func() // of the connections below; nil on SQLite
}

// Open opens the catalog that dsn names, makes it when there is none, and
// brings its tables up to date. dsn is one of
//
//	/path or sqlite:///path           a SQLite file, not on a network file system
//	postgresql://user:password@host:port/database?sslmode=...&pool_max_conns=...
//
// The file's folder, or the database, must exist; if a file or its folder
// cannot be written, the error is ErrReadOnly; if the catalog was made by a
// newer program, ErrNewer. It blocks while another process migrates.
func Open(ctx context.Context, dsn string) (*DB, error) {
	scheme, rest, ok := strings.Cut(dsn, "://")
	switch {
	case !ok:
		return opened(openSQLite(ctx, dsn))
	case scheme == "sqlite":
		return opened(openSQLite(ctx, rest))
	case scheme == "postgresql" || scheme == "postgres":
		return opened(openPostgres(ctx, dsn))
	}
	return nil, fmt.Errorf("catalog: %s is not a database that artdag knows: give postgresql://..., sqlite:///path or the path of a file", scheme)
}

func opened(db *DB, err error) (*DB, error) { return db, wrap(err, "open") }

// Close closes the catalog. It waits for calls that are under way.
func (db *DB) Close() error {
	err := db.bun.Close()
	if db.closePool != nil {
		db.closePool()
	}
	return wrap(err, "close")
}

// write does work in one transaction.
func (db *DB) write(ctx context.Context, what string, work func(context.Context, bun.Tx) error) error {
	return wrap(db.bun.RunInTx(ctx, nil, work), what)
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	if unreachable(err) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
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

// pieces hands out rows in pieces of up to n.
func pieces[T any](rows []T, n int, work func([]T) error) error {
	for part := range slices.Chunk(rows, n) {
		if err := work(part); err != nil {
			return err
		}
	}
	return nil
}

// lastOf leaves one row per key, because one statement may not touch a row
// twice, in the order of first appearance: the later one if it may replace the
// earlier.
func lastOf[T any, K comparable](rows []T, key func(*T) K, replaces func(was, is *T) bool) []T {
	place := make(map[K]int, len(rows))
	out := make([]T, 0, len(rows))
	for i := range rows {
		k := key(&rows[i])
		at, seen := place[k]
		if !seen {
			place[k] = len(out)
			out = append(out, rows[i])
		} else if replaces(&out[at], &rows[i]) {
			out[at] = rows[i]
		}
	}
	return out
}

// sorted puts rows in the order in which every transaction takes their locks,
// so that none waits for one that waits for it.
func sorted[T any](rows []T, compare func(a, b *T) int) []T {
	slices.SortFunc(rows, func(a, b T) int { return compare(&a, &b) })
	return rows
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
