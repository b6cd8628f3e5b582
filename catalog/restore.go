package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/uptrace/bun"
)

// Restore fills an empty catalog with rows of a Snapshot whose tables had that
// version; they are brought up to date afterwards. Everything is written or, when
// fill fails or the process dies, nothing. The error is ErrNotEmpty or ErrBusy
// when the catalog is in use; ErrNewer when this program is too old.
func (db *DB) Restore(ctx context.Context, version int, fill func(*Filling) error) error {
	const what = "restore"
	if version > newestVersion {
		return wrap(fmt.Errorf("%w (the tables have version %d, this one knows %d)", ErrNewer, version, newestVersion), what)
	}
	if err := vacant(ctx, db.bun, tables()); err != nil {
		return wrap(err, what)
	}
	if err := db.turn(ctx, version); err != nil {
		return wrap(err, what)
	}
	err := db.write(ctx, what, func(ctx context.Context, tx bun.Tx) error {
		return db.refill(ctx, tx, fill)
	})
	// Also after a failure: a catalog is never left with old tables.
	return joined(err, wrap(db.turn(context.WithoutCancel(ctx), newestVersion), what))
}

func joined(err, later error) error {
	if err != nil {
		return err
	}
	return later
}

// turn changes the tables of an empty catalog to a version, or brings those of a
// full one up to it.
func (db *DB) turn(ctx context.Context, version int) error {
	is, provider, err := db.tablesVersion(ctx)
	if err == nil && is > int64(version) {
		if err = db.dropTables(ctx); err == nil {
			is, provider, err = db.tablesVersion(ctx) // the old one believes in its table
		}
	}
	if err == nil && is != int64(version) {
		_, err = provider.UpTo(ctx, int64(version))
	}
	return err
}

func (db *DB) tablesVersion(ctx context.Context) (is int64, provider *goose.Provider, err error) {
	dialect, folder, options := goose.DialectSQLite3, "migrations/sqlite", []goose.ProviderOption(nil)
	if db.postgres() {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return 0, nil, err
		}
		dialect, folder, options = goose.DialectPostgres, "migrations/postgres", append(options, goose.WithSessionLocker(locker))
	}
	if provider, err = newProvider(dialect, db.bun.DB, folder, options...); err != nil {
		return 0, nil, err
	}
	is, err = provider.GetDBVersion(ctx)
	return is, provider, err
}

// dropTables drops the tables of an empty catalog: migrations lead up only.
func (db *DB) dropTables(ctx context.Context) error {
	return db.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if err := vacant(ctx, tx, tables()); err != nil {
			return err
		}
		all := append(tables(), "goose_db_version")
		slices.Reverse(all)
		for _, table := range all {
			if _, err := tx.ExecContext(ctx, "DROP TABLE IF EXISTS ?", bun.Ident(table)); err != nil {
				return err
			}
		}
		return nil
	})
}

// vacant refuses a catalog that has records, or that a scheduler works with. What
// processors noted of themselves does not count: a farm that was started and
// given no work has that.
func vacant(ctx context.Context, in bun.IDB, there []string) error {
	for _, table := range there {
		if table == "cursors" || table == "processor_errors" {
			continue
		}
		found, err := in.NewSelect().Table(table).Limit(1).Exists(ctx)
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("%w: there are rows in %s", ErrNotEmpty, table)
		}
	}
	if !slices.Contains(there, "cursors") {
		return nil // of the first version, which had no farm
	}
	var held cursor
	err := in.NewSelect().Model(&held).Where("lease_until > ?", time.Now().UnixMilli()).Limit(1).Scan(ctx)
	if err == nil {
		return fmt.Errorf("%w: %s does until %s at least; stop it, or wait if it was killed",
			ErrBusy, held.Owner, held.LeaseUntil.Local().Format(time.TimeOnly))
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func (db *DB) refill(ctx context.Context, tx bun.Tx, fill func(*Filling) error) error {
	f := &Filling{db: db, tx: tx, kinds: make(map[string]map[string]kind)}
	for _, table := range tables() {
		if err := f.look(ctx, table); err != nil {
			return err
		}
	}
	if err := f.alone(ctx); err != nil {
		return err
	}
	if err := fill(f); err != nil {
		return err
	}
	if db.postgres() && len(f.kinds["audit_log"]) > 0 {
		const next = "SELECT setval(pg_get_serial_sequence('audit_log', 'id'), coalesce((SELECT max(id) FROM audit_log), 0) + 1, false)"
		if _, err := tx.ExecContext(ctx, next); err != nil {
			return err
		}
	}
	// The planner knows nothing of tables that were just filled.
	_, err := tx.ExecContext(ctx, "ANALYZE")
	return err
}
