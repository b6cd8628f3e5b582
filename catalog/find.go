package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// jobs selects jobs with what their runs are made of.
func jobs(db bun.IDB, into any) *bun.SelectQuery {
	return db.NewSelect().Model(into).
		ColumnExpr("?TableColumns").ColumnExpr("run.recipe, run.realm, run.params, run.inputs").
		Join("JOIN runs AS run ON run.run_id = job.run_id")
}

// Job returns the job of that id, or whose id begins with it, in either case of
// letters. Errors are ErrNotFound and AmbiguousError.
func (db *DB) Job(ctx context.Context, idOrPrefix string) (Job, error) {
	const shown = 5
	prefix := strings.ToUpper(idOrPrefix)
	if prefix == "" || len(prefix) > len(lowestID) {
		return Job{}, fmt.Errorf("catalog: job %q: %w", idOrPrefix, ErrNotFound)
	}
	var found []Job
	err := jobs(db.bun, &found).ColumnExpr("job.request").
		Where("job.id BETWEEN ? AND ?", prefix+lowestID[len(prefix):], prefix+highestID[len(prefix):]).
		Order("job.id DESC").Limit(shown + 1).Scan(ctx)
	switch {
	case err != nil:
		return Job{}, wrap(err, "job "+idOrPrefix)
	case len(found) == 0:
		return Job{}, fmt.Errorf("catalog: job %s: %w", idOrPrefix, ErrNotFound)
	case len(found) > 1:
		return Job{}, ambiguous(prefix, found, shown)
	}
	return found[0], nil
}

// The digits of a ULID run from 0 to Z, so that a prefix is a range.
const (
	lowestID  = "00000000000000000000000000"
	highestID = "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"
)

func ambiguous(prefix string, found []Job, shown int) error {
	e := &AmbiguousError{Prefix: prefix, More: len(found) > shown}
	for _, job := range found[:min(len(found), shown)] {
		e.Candidates = append(e.Candidates, job.ID)
	}
	return e
}

// Cursor is a place in the list of jobs. The zero value is its beginning.
type Cursor struct {
	Created time.Time
	ID      string
}

// Cursor returns the place just behind the job.
func (j *Job) Cursor() Cursor { return Cursor{Created: j.Created, ID: j.ID} }

// JobQuery chooses jobs; zero fields choose all.
type JobQuery struct {
	Status []Status  // any of them
	Recipe string    // the recipe's name, exactly
	Actor  string    // whose they are
	From   time.Time // created then or later
	To     time.Time // created before
	After  Cursor    // behind this place
	Limit  int       // how many at most; at least 1
}

// ListJobs returns jobs, newest first. Fewer than the limit means that there
// are no more; the next page is After the last job of this one.
func (db *DB) ListJobs(ctx context.Context, q JobQuery) ([]Job, error) {
	var page []Job
	query := jobs(db.bun, &page).Order("job.created_at DESC", "job.id DESC").Limit(int64(max(q.Limit, 1)))
	q.choose(query)
	if q.After.ID != "" {
		query.Where("(job.created_at, job.id) < (?, ?)", q.After.Created.UnixMilli(), q.After.ID)
	}
	return page, wrap(query.Scan(ctx), "jobs")
}

func (q JobQuery) choose(query *bun.SelectQuery) {
	if len(q.Status) > 0 {
		query.Where("job.status IN (?)", bun.List(q.Status))
	}
	if q.Recipe != "" {
		query.Where("job.name = ?", q.Recipe)
	}
	if q.Actor != "" {
		query.Where("job.actor_id = ?", q.Actor)
	}
	if !q.From.IsZero() {
		query.Where("job.created_at >= ?", q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		query.Where("job.created_at < ?", q.To.UnixMilli())
	}
}

// OpenJobs returns up to limit unfinished jobs behind an id, oldest first, with
// what was submitted. Fewer than limit means that there are no more.
func (db *DB) OpenJobs(ctx context.Context, after string, limit int) ([]Job, error) {
	var page []Job
	err := jobs(db.bun, &page).ColumnExpr("job.request").
		// Written out, so that the index of unfinished jobs is recognised.
		Where("job.status IN ('QUEUED', 'RUNNING', 'PAUSED')").Where("job.id > ?", after).
		Order("job.id").Limit(int64(max(limit, 1))).Scan(ctx)
	return page, wrap(err, "open jobs")
}

// CountOpen returns how many jobs are in each unfinished state.
func (db *DB) CountOpen(ctx context.Context) (map[Status]int, error) {
	var rows []struct {
		Status Status
		Jobs   int
	}
	err := db.bun.NewSelect().Table("jobs").ColumnExpr("status, count(*) AS jobs").
		// Written out, so that the index of unfinished jobs is recognised.
		Where("status IN ('QUEUED', 'RUNNING', 'PAUSED')").Group("status").Scan(ctx, &rows)
	out := make(map[Status]int)
	for _, s := range unfinished() {
		out[s] = 0
	}
	for _, row := range rows {
		out[row.Status] = row.Jobs
	}
	return out, wrap(err, "count open jobs")
}

// Filter chooses jobs; zero fields choose all.
type Filter struct {
	Status Status
	Name   string    // of the recipe, exactly
	Since  time.Time // created then or later
}

// Jobs is ListJobs for one state.
func (db *DB) Jobs(ctx context.Context, f Filter, after Cursor, limit int) ([]Job, error) {
	q := JobQuery{Recipe: f.Name, From: f.Since, After: after, Limit: limit}
	if f.Status != "" {
		q.Status = []Status{f.Status}
	}
	return db.ListJobs(ctx, q)
}
