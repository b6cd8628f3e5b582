package catalog

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// RecordSteps records what became of steps, their results and the bytes that
// they produced, in one transaction. Recording the same again changes nothing;
// a newer record of a step replaces an older one unless that is COMPLETED or
// CACHED. Of results that differ from the fact only the evidence is kept, see
// Result.Replaces.
func (db *DB) RecordSteps(ctx context.Context, steps []StepRecord) error {
	if len(steps) == 0 {
		return nil
	}
	return db.write(ctx, "record steps", func(ctx context.Context, tx bun.Tx) error {
		return db.insertRecords(ctx, tx, steps)
	})
}

func (db *DB) insertRecords(ctx context.Context, tx bun.Tx, records []StepRecord) error {
	rows, results, items := split(records)
	if err := db.bulk.lockFacts(ctx, tx); err != nil {
		return err
	}
	if err := db.bulk.insertItems(ctx, tx, distinctItems(items)); err != nil {
		return err
	}
	if err := db.bulk.insertSteps(ctx, tx, distinctSteps(rows)); err != nil {
		return err
	}
	return pieces(results, db.bulk.rowsAtOnce(), func(part []execution) error {
		return db.recordResults(ctx, tx, part)
	})
}

// execution is a result and the job that it was made for.
type execution struct {
	job    string
	result Result
}

// split takes records apart into the rows of their tables, completed and fit
// to be stored.
func split(steps []StepRecord) (rows []StepRecord, results []execution, items []Item) {
	for _, s := range steps {
		s.Message = clean(s.Message)
		rows = append(rows, s)
		for _, item := range s.Items {
			if item.Created.IsZero() {
				item.Created = s.Finished
			}
			items = append(items, item)
		}
		if s.Result != nil {
			r := *s.Result
			r.CacheID, r.Type, r.Generation = s.CacheID, s.Type, 1
			if r.Recorded.IsZero() {
				r.Recorded = s.Finished
			}
			results = append(results, execution{s.JobID, r})
		}
	}
	return rows, results, items
}

func distinctSteps(rows []StepRecord) []StepRecord {
	type key struct {
		job string
		id  dag.CacheID
	}
	return lastOf(rows, func(s *StepRecord) key { return key{s.JobID, s.CacheID} },
		func(was, is *StepRecord) bool { return !was.Status.done() })
}

// JobSteps returns up to limit steps of a job in the order of the plan, from a
// position on. Result and Items are not filled in.
func (db *DB) JobSteps(ctx context.Context, jobID string, from, limit int) ([]StepRecord, error) {
	var page []StepRecord
	err := db.bun.NewSelect().Model(&page).Where("job_id = ? AND position >= ?", jobID, from).
		Order("position").Limit(int64(max(limit, 1))).Scan(ctx)
	return page, wrap(err, "steps of job "+jobID)
}
