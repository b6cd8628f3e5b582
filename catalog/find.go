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
	err := jobs(db.bun, &found).
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

// Filter chooses jobs; zero fields choose all.
type Filter struct {
	Status Status
	Name   string    // of the recipe, exactly
	Since  time.Time // created then or later
}

// Cursor is a place in the list of jobs. The zero value is its beginning.
type Cursor struct {
	Created time.Time
	ID      string
}

// Cursor returns the place just behind the job.
func (j *Job) Cursor() Cursor { return Cursor{Created: j.Created, ID: j.ID} }

// Jobs returns up to limit jobs behind a place, newest first. Fewer than limit
// means that there are no more.
func (db *DB) Jobs(ctx context.Context, f Filter, after Cursor, limit int) ([]Job, error) {
	var page []Job
	query := jobs(db.bun, &page).Order("job.created_at DESC", "job.id DESC").Limit(int64(max(limit, 1)))
	if f.Status != "" {
		query.Where("job.status = ?", f.Status)
	}
	if f.Name != "" {
		query.Where("job.name = ?", f.Name)
	}
	if !f.Since.IsZero() {
		query.Where("job.created_at >= ?", f.Since.UnixMilli())
	}
	if after.ID != "" {
		query.Where("(job.created_at, job.id) < (?, ?)", after.Created.UnixMilli(), after.ID)
	}
	return page, wrap(query.Scan(ctx), "jobs")
}
