package catalog

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// Unattested returns up to limit completed jobs that have no provenance, the
// oldest first: those whose executed steps are all recorded, and those that ended
// before a time, since what is missing then will not come.
func (db *DB) Unattested(ctx context.Context, before time.Time, limit int) ([]Job, error) {
	var found []Job
	err := unattested(db.bun, &found, before, limit).Scan(ctx)
	return found, wrap(err, "jobs without provenance")
}

// unattested goes along the index jobs_unattested, up to the limit.
func unattested(from bun.IDB, found *[]Job, before time.Time, limit int) *bun.SelectQuery {
	recorded := from.NewSelect().Model((*StepRecord)(nil)).ColumnExpr("count(*)").
		Where("step.job_id = job.id AND step.status = ?", StepCompleted)
	return jobs(from, found).ColumnExpr("job.request").
		Where("job.status = ? AND job.provenance IS NULL AND job.request IS NOT NULL", Completed).
		Where("job.finished_at < ? OR (?) >= job.steps_executed", before.UnixMilli(), recorded).
		Order("job.id").Limit(int64(max(limit, 1)))
}
