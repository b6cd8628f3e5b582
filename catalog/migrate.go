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
	"github.com/pressly/goose/v3/lock"
)

// migrations holds one folder of numbered files per dialect, with the same
// numbers. A file that has been released is never changed.
//
//go:embed migrations
var migrations embed.FS

// newestVersion is the number of the newest file in each folder of migrations.
// Reading one number decides at start that nothing is to be done.
const newestVersion = 4

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

// migratePostgres brings the database up to date. Starters wait for each other
// at an advisory lock of the session, looking once a second for 5 minutes.
func migratePostgres(ctx context.Context, pool *sql.DB) error {
	if current, err := isCurrent(ctx, pool); current || err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	return migrate(ctx, goose.DialectPostgres, pool, "migrations/postgres", goose.WithSessionLocker(locker))
}

// isCurrent looks at goose's own table. Any doubt means no: migrating, under
// its lock, meets the same fault and reports it.
func isCurrent(ctx context.Context, pool *sql.DB) (bool, error) {
	var version sql.NullInt64
	err := pool.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&version)
	if err != nil {
		return false, ctx.Err()
	}
	if version.Int64 > newestVersion {
		return false, fmt.Errorf("%w (its tables have version %d, this one knows %d)", ErrNewer, version.Int64, newestVersion)
	}
	return version.Int64 == newestVersion, nil
}

func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, folder string, options ...goose.ProviderOption) error {
	provider, err := newProvider(dialect, pool, folder, options...)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func newProvider(dialect goose.Dialect, pool *sql.DB, folder string, options ...goose.ProviderOption) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	options = append(options, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	return goose.NewProvider(dialect, pool, files, options...)
}
