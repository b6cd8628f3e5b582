package catalog

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// CreateJob records a new job and the run that it asks for. ID (NewJobID),
// RunID, Name, Recipe and Created must be set; the job is QUEUED, and of normal
// priority unless it names another.
func (db *DB) CreateJob(ctx context.Context, job Job) error {
	job.Status, job.Priority = Queued, cmp.Or(job.Priority, Normal)
	r := run{
		RunID: job.RunID, Recipe: job.Recipe, Realm: job.Realm, Created: job.Created,
		Params: orEmpty(job.Params), Inputs: orEmpty(job.Inputs),
	}
	return db.write(ctx, "create job "+job.ID, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(&r).On("CONFLICT (run_id) DO NOTHING").Exec(ctx); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(&job).Exec(ctx); err != nil || job.Request == "" {
			return err
		}
		_, err := tx.NewUpdate().Model((*Job)(nil)).Set("request = ?", job.Request).Where("id = ?", job.ID).Exec(ctx)
		return err
	})
}

// FinishJob records how a job ended, with its outputs. A final job stays as it
// is: the error is a StateError.
func (db *DB) FinishJob(ctx context.Context, id string, f Finish) error {
	if !f.Status.Final() {
		return fmt.Errorf("catalog: finish job %s: %s is not a final state", id, f.Status)
	}
	return db.write(ctx, "finish job "+id, func(ctx context.Context, tx bun.Tx) error {
		update := tx.NewUpdate().Model((*Job)(nil)).
			Set("status = ?, error = ?, finished_at = ?", f.Status, clean(f.Error), f.At.UnixMilli()).
			Set("steps_total = ?, steps_executed = ?, steps_cached = ?", f.Counts.Total, f.Counts.Executed, f.Counts.Cached).
			Set("steps_failed = ?, steps_skipped = ?", f.Counts.Failed, f.Counts.Skipped)
		if err := changeState(ctx, tx, update, id, f.Status, unfinished()...); err != nil {
			return err
		}
		return db.recordOutputs(ctx, tx, id, f.Outputs)
	})
}

// MarkInterrupted makes every QUEUED or RUNNING job INTERRUPTED whose process
// is gone, and returns their ids. alive is asked about each, outside of any
// transaction: a runner holds a lock, which dies with it, from before
// CreateJob until after FinishJob.
func (db *DB) MarkInterrupted(ctx context.Context, at time.Time, alive func(jobID string) bool) ([]string, error) {
	const what = "mark interrupted jobs"
	var open, gone []string
	err := db.bun.NewSelect().Model((*Job)(nil)).Column("id").
		Where("status IN (?, ?)", Queued, Running).Order("id").Scan(ctx, &open)
	if err != nil {
		return nil, wrap(err, what)
	}
	for _, id := range open {
		if !alive(id) {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	var marked []string
	err = db.write(ctx, what, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewUpdate().Model((*Job)(nil)).
			Set("status = ?, finished_at = ?", Interrupted, at.UnixMilli()).
			Where("id IN (?) AND status IN (?, ?)", bun.List(gone), Queued, Running).
			Returning("id").Scan(ctx, &marked)
	})
	return marked, err
}
