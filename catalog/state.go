package catalog

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// StartJob makes a QUEUED job RUNNING, or returns a StateError.
func (db *DB) StartJob(ctx context.Context, id string, at time.Time) error {
	update := db.bun.NewUpdate().Model((*Job)(nil)).Set("status = ?, started_at = ?", Running, at.UnixMilli())
	return wrap(changeState(ctx, db.bun, update, id, Running, Queued), "start job "+id)
}

// PauseJob makes a QUEUED or RUNNING job PAUSED, or returns a StateError.
func (db *DB) PauseJob(ctx context.Context, id string) error {
	update := db.bun.NewUpdate().Model((*Job)(nil)).Set("status = ?", Paused)
	return wrap(changeState(ctx, db.bun, update, id, Paused, Queued, Running), "pause job "+id)
}

// ResumeJob makes a PAUSED job what it was, QUEUED or RUNNING, or returns a
// StateError.
func (db *DB) ResumeJob(ctx context.Context, id string) error {
	update := db.bun.NewUpdate().Model((*Job)(nil)).Set("status = CASE WHEN started_at IS NULL THEN ? ELSE ? END", Queued, Running)
	return wrap(changeState(ctx, db.bun, update, id, Running, Paused), "resume job "+id)
}

// CancelJob makes an unfinished job CANCELLED, or returns a StateError. why is
// for people. Of the counts it takes what was executed, cached and failed; the
// rest of the job's steps counts as skipped.
func (db *DB) CancelJob(ctx context.Context, id string, at time.Time, why string, c Counts) error {
	update := db.bun.NewUpdate().Model((*Job)(nil)).
		Set("status = ?, error = ?, finished_at = ?", Cancelled, clean(why), at.UnixMilli()).
		Set("steps_executed = ?, steps_cached = ?, steps_failed = ?", c.Executed, c.Cached, c.Failed).
		Set("steps_skipped = steps_total - ?", c.Executed+c.Cached+c.Failed)
	return wrap(changeState(ctx, db.bun, update, id, Cancelled, unfinished()...), "cancel job "+id)
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
	update := db.bun.NewUpdate().Model((*Job)(nil)).Set("priority = ?", p)
	return wrap(changeState(ctx, db.bun, update, id, "", unfinished()...), "set the priority of job "+id)
}

// SetDurable records that every output of a COMPLETED job is pinned, or returns
// a StateError.
func (db *DB) SetDurable(ctx context.Context, id string) error {
	update := db.bun.NewUpdate().Model((*Job)(nil)).Set("durable = ?", true)
	return wrap(changeState(ctx, db.bun, update, id, "", Completed), "set job "+id+" durable")
}

// changeState does an update of a job that is in one of the given states, and
// tells why when it did not apply. One statement needs no transaction around it,
// which would be two round trips more.
func changeState(ctx context.Context, tx bun.IDB, update *bun.UpdateQuery, id string, want Status, from ...Status) error {
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
