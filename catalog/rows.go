package catalog

import (
	"context"

	"github.com/uptrace/bun"
)

// rows is bulk by INSERTs of many rows, for SQLite.
type rows struct{}

var _ bulk = rows{}

// rowsPerStatement keeps a statement near 100 KB, which any database parses.
const rowsPerStatement = 200

func (rows) rowsAtOnce() int { return rowsPerStatement }

// lockFacts: SQLite has one writer.
func (rows) lockFacts(context.Context, bun.Tx) error { return nil }

func (rows) insertItems(ctx context.Context, tx bun.Tx, items []Item) error {
	return pieces(items, rowsPerStatement, func(part []Item) error {
		_, err := tx.NewInsert().Model(&part).
			On("CONFLICT (content_hash) DO UPDATE").
			Set("ipfs_cid = EXCLUDED.ipfs_cid").
			Where("item.ipfs_cid IS NULL AND EXCLUDED.ipfs_cid IS NOT NULL").
			Exec(ctx)
		return err
	})
}

func (rows) insertSteps(ctx context.Context, tx bun.Tx, steps []StepRecord) error {
	return pieces(steps, rowsPerStatement, func(part []StepRecord) error {
		_, err := tx.NewInsert().Model(&part).
			On("CONFLICT (job_id, cache_id) DO UPDATE").
			Set("status = EXCLUDED.status, content_hash = EXCLUDED.content_hash, message = EXCLUDED.message").
			Set("started_at = EXCLUDED.started_at, finished_at = EXCLUDED.finished_at").
			Where("step.status NOT IN (?, ?)", StepCompleted, StepCached).
			Exec(ctx)
		return err
	})
}

func (rows) insertResults(ctx context.Context, tx bun.Tx, results []Result) error {
	_, err := tx.NewInsert().Model(&results).On("CONFLICT (cache_id) DO NOTHING").Exec(ctx)
	return err
}

func (rows) insertOutputs(ctx context.Context, tx bun.Tx, job *Job, outputs []Output) error {
	return pieces(outputs, rowsPerStatement, func(part []Output) error {
		rows := make([]outputRow, len(part))
		for i, o := range part {
			rows[i] = outputRow{
				JobID: job.ID, Name: o.Name, RunID: job.RunID, Content: o.Content, CID: o.CID,
				Recipe: job.Recipe, Inputs: job.Inputs, ActorID: job.ActorID,
			}
		}
		_, err := tx.NewInsert().Model(&rows).Exec(ctx)
		return err
	})
}

func (rows) related(ctx context.Context, tx bun.Tx, part []execution) ([]Result, error) {
	steps, work := identities(part)
	var known []Result
	err := tx.NewSelect().Model(&known).Column("cache_id", "resolved_id", "content_hash", "recorded_at").
		Where("cache_id IN (?) OR resolved_id IN (?)", bun.List(steps), bun.List(work)).
		Order("recorded_at", "cache_id").Scan(ctx)
	return known, err
}

func identities(part []execution) (steps, work []string) {
	steps, work = make([]string, len(part)), make([]string, len(part))
	for i := range part {
		steps[i], work[i] = part[i].result.CacheID.String(), part[i].result.ResolvedID.String()
	}
	return steps, work
}
