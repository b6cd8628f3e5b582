package catalog

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
)

// migrations holds one folder of numbered files per dialect. A file that has
// been released is never changed.
//
//go:embed migrations
var migrations embed.FS

// sqliteVersion is the number of the newest file in migrations/sqlite. Reading
// one number decides at start that nothing is to be done.
const sqliteVersion = 1

// migrateSQLite brings the file up to date. Goose knows no lock on SQLite, so
// a lock file beside it keeps starters apart: shared to look, exclusive to
// change, so that nobody looks while the file is made or turned to WAL.
func migrateSQLite(ctx context.Context, pool *sql.DB, path string) (err error) {
	lock := flock.New(path + ".lock")
	defer func() { err = errors.Join(err, lock.Close()) }()
	const retry = 5 * time.Millisecond
	if _, err := lock.TryRLockContext(ctx, retry); err != nil {
		return fmt.Errorf("lock for reading: %w", err)
	}
	if current, err := isCurrent(ctx, pool); current || err != nil {
		return err
	}
	// Let go first: two who both hold it shared would wait for each other.
	if err := lock.Unlock(); err != nil {
		return err
	}
	if _, err := lock.TryLockContext(ctx, retry); err != nil {
		return fmt.Errorf("lock for migrating: %w", err)
	}
	if _, err := pool.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	return migrate(ctx, goose.DialectSQLite3, pool, "migrations/sqlite")
}

// isCurrent looks at goose's own table. Any doubt means no: migrating, under
// its lock, meets the same fault and reports it.
func isCurrent(ctx context.Context, pool *sql.DB) (bool, error) {
	var version sql.NullInt64
	err := pool.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&version)
	if err != nil {
		return false, ctx.Err()
	}
	if version.Int64 > sqliteVersion {
		return false, fmt.Errorf("%w (its tables have version %d, this one knows %d)", ErrNewer, version.Int64, sqliteVersion)
	}
	return version.Int64 == sqliteVersion, nil
}

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, folder string) error {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, pool, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
