package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// StartJob makes a QUEUED job RUNNING, or returns a StateError.
func (db *DB) StartJob(ctx context.Context, id string, at time.Time) error {
	return db.write(ctx, "start job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).Set("status = ?, started_at = ?", Running, at.UnixMilli())
		return changeState(ctx, tx, update, id, Running, Queued)
	})
}

// PauseJob makes a QUEUED or RUNNING job PAUSED, or returns a StateError.
func (db *DB) PauseJob(ctx context.Context, id string) error {
	return db.write(ctx, "pause job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).Set("status = ?", Paused)
		return changeState(ctx, tx, update, id, Paused, Queued, Running)
	})
}

// ResumeJob makes a PAUSED job what it was, QUEUED or RUNNING, or returns a
// StateError.
func (db *DB) ResumeJob(ctx context.Context, id string) error {
	return db.write(ctx, "resume job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).
			Set("status = CASE WHEN started_at IS NULL THEN ? ELSE ? END", Queued, Running)
		return changeState(ctx, tx, update, id, Running, Paused)
	})
}

// CancelJob makes an unfinished job CANCELLED, or returns a StateError. why is
// for people. Of the counts it takes what was executed, cached and failed; the
// rest of the job's steps counts as skipped.
func (db *DB) CancelJob(ctx context.Context, id string, at time.Time, why string, c Counts) error {
	return db.write(ctx, "cancel job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).
			Set("status = ?, error = ?, finished_at = ?", Cancelled, clean(why), at.UnixMilli()).
			Set("steps_executed = ?, steps_cached = ?, steps_failed = ?", c.Executed, c.Cached, c.Failed).
			Set("steps_skipped = steps_total - ?", c.Executed+c.Cached+c.Failed)
		return changeState(ctx, tx, update, id, Cancelled, unfinished()...)
	})
}

// ReopenJob makes a FAILED, CANCELLED or INTERRUPTED job QUEUED again, as if it
// had never begun, or returns a StateError. Its steps stay on record until
// newer records of them come; the outputs that it had made are forgotten, not
// their bytes.
func (db *DB) ReopenJob(ctx context.Context, id string) error {
	return db.write(ctx, "reopen job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).
			Set("status = ?, error = '', started_at = NULL, finished_at = NULL", Queued).
			Set("steps_total = 0, steps_executed = 0, steps_cached = 0, steps_failed = 0, steps_skipped = 0")
		if err := changeState(ctx, tx, update, id, Queued, Failed, Cancelled, Interrupted); err != nil {
			return err
		}
		_, err := tx.NewDelete().Model((*outputRow)(nil)).Where("job_id = ?", id).Exec(ctx)
		return err
	})
}

// SetPriority changes the priority of an unfinished job, or returns a
// StateError.
func (db *DB) SetPriority(ctx context.Context, id string, p Priority) error {
	return db.write(ctx, "set the priority of job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).Set("priority = ?", p)
		return changeState(ctx, tx, update, id, "", unfinished()...)
	})
}

// SetDurable records that every output of a COMPLETED job is pinned, or returns
// a StateError.
func (db *DB) SetDurable(ctx context.Context, id string) error {
	return db.write(ctx, "set job "+id+" durable", func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).Set("durable = ?", true)
		return changeState(ctx, tx, update, id, "", Completed)
	})
}

// SetProvenance records the provenance document of a job, and its cid, with the
// job and its outputs. ErrNotFound when there is no such job.
func (db *DB) SetProvenance(ctx context.Context, id string, document dag.ContentHash, cid string) error {
	return db.write(ctx, "set the provenance of job "+id, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewUpdate().Model((*Job)(nil)).
			Set("provenance = ?, provenance_cid = nullif(?, '')", document.String(), cid).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		_, err = tx.NewUpdate().Model((*outputRow)(nil)).
			Set("provenance_cid = nullif(?, '')", cid).Where("job_id = ?", id).Exec(ctx)
		return err
	})
}

// changeState does an update of a job that is in one of the given states, and
// tells why when it did not apply.
func changeState(ctx context.Context, tx bun.Tx, update *bun.UpdateQuery, id string, want Status, from ...Status) error {
	result, err := update.Where("id = ? AND status IN (?)", id, bun.List(from)).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); n > 0 || err != nil {
		return err
	}
	var is Status
	err = tx.NewSelect().Model((*Job)(nil)).Column("status").Where("id = ?", id).Scan(ctx, &is)
	if err != nil {
		return noRows(err)
	}
	return &StateError{Job: id, Is: is, Want: want}
}
