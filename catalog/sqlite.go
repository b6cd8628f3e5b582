package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
)

// openSQLite opens the file, migrated.
func openSQLite(ctx context.Context, path string) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := writable(path); err != nil {
		return nil, err
	}
	db, err := connectSQLite(path)
	if err != nil {
		return nil, err
	}
	if err := migrateSQLite(ctx, db.bun.DB, path); err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, db.Close()))
	}
	return db, nil
}

// connectSQLite opens the file as it is.
func connectSQLite(path string) (*DB, error) {
	connector, err := sqlite.NewConnector(sqliteURI(path))
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	// One connection: SQLite has one writer, and a queue inside the process is
	// fairer and faster than polling for its lock.
	pool.SetMaxOpenConns(1)
	return &DB{bun: bun.NewDB(pool, newColumns(sqlitedialect.New())), bulk: rows{}}, nil
}

// sqliteURI names the file with what every connection to it needs. Without
// immediate transactions one that read before it writes fails when another
// process wrote in between, whatever the timeout.
func sqliteURI(path string) string {
	options := url.Values{
		"_busy_timeout": {"30000"}, // milliseconds
		"_txlock":       {"immediate"},
		"_foreign_keys": {"on"},
		"_synchronous":  {"NORMAL"}, // with WAL: whole after power loss, though not the latest
		"_dqs":          {"0"},      // a misspelt column is an error, not a string
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String()
}
