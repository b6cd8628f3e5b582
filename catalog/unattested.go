package catalog

import "context"

// Unattested returns up to limit completed jobs that have no provenance, the
// oldest first.
func (db *DB) Unattested(ctx context.Context, limit int) ([]Job, error) {
	var found []Job
	err := jobs(db.bun, &found).ColumnExpr("job.request").
		Where("job.status = ? AND job.provenance IS NULL AND job.request IS NOT NULL", Completed).
		Order("job.id").Limit(int64(max(limit, 1))).Scan(ctx)
	return found, wrap(err, "jobs without provenance")
}
