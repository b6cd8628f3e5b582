package catalog

import (
	"bytes"
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// The kinds of pins.
const (
	PinOutput     = "output"     // of a COMPLETED job
	PinProvenance = "provenance" // the document of such a job
)

// Pin is the promise of a storage backend to keep bytes, or the attempt to get
// it.
type Pin struct {
	bun.BaseModel `bun:"table:storage_pins,alias:pin"`

	Content   dag.ContentHash `bun:"content_hash,pk"`
	StorageID string          `bun:"storage_id,pk"` // of a Backend, or one of the configuration
	CID       string          `bun:"ipfs_cid,nullzero"`
	Type      string          `bun:"pin_type"`
	Pinned    time.Time       `bun:"pinned_at"` // zero while it is not
	Error     string          // of the last attempt
	Tries     int             // that failed
	NotBefore time.Time       // of the next attempt; zero for at once
}

// RecordPins records pins and attempts. The later record of a pin replaces the
// earlier.
func (db *DB) RecordPins(ctx context.Context, pins []Pin) error {
	return db.write(ctx, "record pins", func(ctx context.Context, tx bun.Tx) error { return insertPins(ctx, tx, pins) })
}

func insertPins(ctx context.Context, tx bun.Tx, pins []Pin) error {
	return pieces(distinctPins(pins), rowsPerStatement, func(part []Pin) error {
		_, err := tx.NewInsert().Model(&part).On("CONFLICT (content_hash, storage_id) DO UPDATE").
			Set("ipfs_cid = EXCLUDED.ipfs_cid, pin_type = EXCLUDED.pin_type, pinned_at = EXCLUDED.pinned_at").
			Set("error = EXCLUDED.error, tries = EXCLUDED.tries, not_before = EXCLUDED.not_before").
			Exec(ctx)
		return err
	})
}

func distinctPins(pins []Pin) []Pin {
	type key struct {
		content dag.ContentHash
		storage string
	}
	pins = lastOf(pins, func(p *Pin) key { return key{p.Content, p.StorageID} }, func(_, _ *Pin) bool { return true })
	for i := range pins {
		pins[i].Error = clean(pins[i].Error)
	}
	return sorted(pins, func(a, b *Pin) int {
		return cmp.Or(bytes.Compare(a.Content[:], b.Content[:]), strings.Compare(a.StorageID, b.StorageID))
	})
}

// Pins returns what is recorded of bytes, in the order of the storages.
func (db *DB) Pins(ctx context.Context, content dag.ContentHash) ([]Pin, error) {
	var pins []Pin
	err := db.bun.NewSelect().Model(&pins).Where("content_hash = ?", content.String()).Order("storage_id").Scan(ctx)
	return pins, wrap(err, "pins")
}

// Unpinned returns up to limit pins that a storage should hold and does not:
// the outputs and provenance documents of COMPLETED jobs, without those whose
// next attempt is later than now. CID is empty when none is known; Error and
// Tries tell of earlier attempts.
func (db *DB) Unpinned(ctx context.Context, storageID string, now time.Time, limit int) ([]Pin, error) {
	var found []Pin
	wanted := wantedOutputs(db.bun).UnionAll(wantedProvenance(db.bun))
	err := db.bun.NewSelect().TableExpr("(?) AS wanted", wanted).
		ColumnExpr("wanted.content_hash, ? AS storage_id", storageID).
		ColumnExpr("coalesce(max(wanted.ipfs_cid), max(item.ipfs_cid)) AS ipfs_cid, min(wanted.pin_type) AS pin_type").
		ColumnExpr("coalesce(max(pin.error), '') AS error, coalesce(max(pin.tries), 0) AS tries, max(pin.not_before) AS not_before").
		Join("LEFT JOIN storage_pins AS pin ON pin.content_hash = wanted.content_hash AND pin.storage_id = ?", storageID).
		Join("LEFT JOIN cache_items AS item ON item.content_hash = wanted.content_hash").
		Where("pin.pinned_at IS NULL").Where("pin.not_before IS NULL OR pin.not_before <= ?", now.UnixMilli()).
		Group("wanted.content_hash").OrderExpr("max(wanted.finished_at), wanted.content_hash").
		Limit(int64(max(limit, 1))).Scan(ctx, &found)
	return found, wrap(err, "unpinned of storage "+storageID)
}

func wantedOutputs(db *bun.DB) *bun.SelectQuery {
	return db.NewSelect().TableExpr("run_cache AS output").
		ColumnExpr("output.output_hash AS content_hash, output.ipfs_cid, ? AS pin_type, job.finished_at", PinOutput).
		Join("JOIN jobs AS job ON job.id = output.job_id").Where("job.status = ?", Completed)
}

func wantedProvenance(db *bun.DB) *bun.SelectQuery {
	return db.NewSelect().TableExpr("jobs AS job").
		ColumnExpr("job.provenance, job.provenance_cid, ?, job.finished_at", PinProvenance).
		Where("job.status = ? AND job.provenance IS NOT NULL", Completed)
}

// DurableJobs returns the ids of up to limit jobs, oldest first, that are
// COMPLETED and not durable though each of their outputs is pinned somewhere.
func (db *DB) DurableJobs(ctx context.Context, limit int) ([]string, error) {
	pinned := db.bun.NewSelect().Model((*Pin)(nil)).ColumnExpr("1").
		Where("pin.content_hash = output.output_hash AND pin.pinned_at IS NOT NULL")
	fleeting := db.bun.NewSelect().Model((*outputRow)(nil)).ColumnExpr("1").
		Where("output.job_id = job.id").Where("NOT EXISTS (?)", pinned)
	var ids []string
	err := db.bun.NewSelect().Model((*Job)(nil)).Column("id").
		Where("job.status = 'COMPLETED' AND NOT job.durable").Where("NOT EXISTS (?)", fleeting).
		Order("id").Limit(int64(max(limit, 1))).Scan(ctx, &ids)
	return ids, wrap(err, "durable jobs")
}
