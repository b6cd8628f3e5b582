package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// cursor is how far a processor has come, and who works on it until when.
type cursor struct {
	bun.BaseModel `bun:"table:cursors,alias:place"`

	Processor  string    `bun:",pk"`
	Cursor     string    // of its stream; empty at the beginning
	Owner      string    // a scheduler
	LeaseUntil time.Time // then anybody may take it
}

// Acquire takes the lease of a processor until now + lease if it is free,
// lapsed or the owner's already, and returns where the processor stands. held
// is false while another owner has it.
func (db *DB) Acquire(ctx context.Context, processor, owner string, now time.Time, lease time.Duration) (at string, held bool, err error) {
	var found []string
	err = db.write(ctx, "acquire processor "+processor, func(ctx context.Context, tx bun.Tx) error {
		row := &cursor{Processor: processor, Owner: owner, LeaseUntil: now.Add(lease)}
		return tx.NewInsert().Model(row).On("CONFLICT (processor) DO UPDATE").
			Set("owner = EXCLUDED.owner, lease_until = EXCLUDED.lease_until").
			Where("place.owner = EXCLUDED.owner OR place.lease_until <= ?", now.UnixMilli()).
			Returning("cursor").Scan(ctx, &found)
	})
	if err != nil || len(found) == 0 {
		return "", false, err
	}
	return found[0], true, nil
}

// Release gives up the lease of a processor, so that another owner need not
// wait for its end. It does nothing when the owner has not got it.
func (db *DB) Release(ctx context.Context, processor, owner string) error {
	_, err := db.bun.NewUpdate().Model((*cursor)(nil)).Set("lease_until = 0").
		Where("processor = ? AND owner = ?", processor, owner).Exec(ctx)
	return wrap(err, "release processor "+processor)
}

// Writes is what one round of a processor has to say.
type Writes struct {
	Steps   []StepRecord
	Items   []Item
	Pins    []Pin
	Durable []string    // ids of jobs that are durable; those not COMPLETED are left alone
	Faults  []ItemFault // new or grown; Processor may be left empty
	Cleared []string    // items whose fault is over
	// Provenance documents of jobs; those of jobs that are not there are left out.
	Provenance []Provenance
}

// Provenance is the document that says how the outputs of a job came to be.
type Provenance struct {
	Job     string
	Content dag.ContentHash
	CID     string // may be empty
}

// Advance moves the cursor of a processor and applies writes, in one
// transaction. If the cursor is not at from, or the owner has no lease at that
// time, nothing is changed and the error is ErrMoved.
func (db *DB) Advance(ctx context.Context, processor, owner, from, to string, now time.Time, w Writes) error {
	return db.write(ctx, "advance processor "+processor, func(ctx context.Context, tx bun.Tx) error {
		moved, err := tx.NewUpdate().Model((*cursor)(nil)).Set("cursor = ?", to).
			Where("processor = ? AND owner = ? AND cursor = ?", processor, owner, from).
			Where("lease_until > ?", now.UnixMilli()).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := moved.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrMoved)
		}
		return db.apply(ctx, tx, processor, w)
	})
}

// apply takes the lock of the facts first when it is needed; see bulk.
func (db *DB) apply(ctx context.Context, tx bun.Tx, processor string, w Writes) error {
	if len(w.Steps) > 0 {
		if err := db.insertRecords(ctx, tx, w.Steps); err != nil {
			return err
		}
	}
	if len(w.Items) > 0 {
		if err := db.bulk.insertItems(ctx, tx, distinctItems(w.Items)); err != nil {
			return err
		}
	}
	if err := insertPins(ctx, tx, w.Pins); err != nil {
		return err
	}
	if err := setDurable(ctx, tx, w.Durable); err != nil {
		return err
	}
	if err := setProvenance(ctx, tx, w.Provenance); err != nil {
		return err
	}
	if err := clearFaults(ctx, tx, processor, w.Cleared); err != nil {
		return err
	}
	return insertFaults(ctx, tx, processor, w.Faults)
}

func setDurable(ctx context.Context, tx bun.Tx, ids []string) error {
	return pieces(ids, idsPerStatement, func(part []string) error {
		_, err := tx.NewUpdate().Model((*Job)(nil)).Set("durable = ?", true).
			Where("id IN (?) AND status = ?", bun.List(part), Completed).Exec(ctx)
		return err
	})
}

// setProvenance notes documents with their jobs and the outputs of those.
func setProvenance(ctx context.Context, tx bun.Tx, documents []Provenance) error {
	for _, d := range documents {
		_, err := tx.NewUpdate().Model((*Job)(nil)).
			Set("provenance = ?, provenance_cid = nullif(?, '')", d.Content.String(), d.CID).Where("id = ?", d.Job).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model((*outputRow)(nil)).Set("provenance_cid = nullif(?, '')", d.CID).Where("job_id = ?", d.Job).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
