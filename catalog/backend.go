package catalog

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Backend is a place that keeps what is pinned.
type Backend struct {
	bun.BaseModel `bun:"table:storage_backends,alias:backend"`

	ID         string         `bun:",pk"`
	ActorID    string         // whose it is; empty when it is the farm's
	Type       string         `bun:"provider_type"` // of the driver
	Config     map[string]any // for the driver
	CapacityGB int            `bun:"capacity_gb"` // 0 when unknown
	Created    time.Time      `bun:"created_at"`
}

// RecordBackend adds a backend, or changes the one of that id.
func (db *DB) RecordBackend(ctx context.Context, b Backend) error {
	b.Config = orEmpty(b.Config)
	return db.write(ctx, "record backend "+b.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&b).On("CONFLICT (id) DO UPDATE").
			Set("provider_type = EXCLUDED.provider_type, config = EXCLUDED.config, capacity_gb = EXCLUDED.capacity_gb").
			Exec(ctx)
		return err
	})
}

// Backends returns all backends in the order of their ids.
func (db *DB) Backends(ctx context.Context) ([]Backend, error) {
	var all []Backend
	err := db.bun.NewSelect().Model(&all).Order("id").Scan(ctx)
	return all, wrap(err, "backends")
}
