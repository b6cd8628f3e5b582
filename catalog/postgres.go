package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// openPostgres opens the database, migrated. What it returns as an error names
// no password.
func openPostgres(ctx context.Context, dsn string) (*DB, error) {
	db, where, err := connectPostgres(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if err := migratePostgres(ctx, db.bun.DB); err != nil {
		return nil, fmt.Errorf("%s: %w", where, errors.Join(err, db.Close()))
	}
	return db, nil
}

// connectPostgres opens the database as it is, and says what it is called.
func connectPostgres(ctx context.Context, dsn string) (db *DB, where string, err error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, "", err
	}
	// Statements of bun carry their values and are never seen again: preparing
	// them would cost a round trip each and fill the cache of statements.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, "", err
	}
	over := stdlib.OpenDBFromPool(pool)
	if err := over.PingContext(ctx); err != nil {
		pool.Close()
		return nil, "", errors.Join(err, over.Close())
	}
	where = config.ConnConfig.Database + " on " + config.ConnConfig.Host
	return &DB{bun: bun.NewDB(over, newColumns(pgdialect.New())), bulk: arrays{}, closePool: pool.Close}, where, nil
}
