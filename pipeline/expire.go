package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Farm is the coordination of jobs in Redis.
type Farm interface {
	// Jobs returns the ids of all enlisted jobs.
	Jobs(ctx context.Context) ([]string, error)
	// Forget withdraws a job from steps.
	Forget(ctx context.Context, job string, steps []dag.CacheID) error
	// Dismiss removes a job whose steps are forgotten.
	Dismiss(ctx context.Context, job string, classes []string) error
}

var _ Farm = (*claim.Store)(nil)

// Jobs tells what became of a job.
type Jobs interface {
	Job(ctx context.Context, id string) (catalog.Job, error)
}

// JobSteps lists the steps of a job's plan, up to most of them from a position
// on. Fewer mean that there are no more.
type JobSteps interface {
	Steps(ctx context.Context, job string, from, most int) ([]dag.CacheID, error)
}

// Expire is the processor that makes Redis forget jobs that ended a while ago.
// What the catalog has is not touched.
type Expire struct {
	farm    Farm
	jobs    Jobs
	steps   JobSteps
	classes []string
	keep    time.Duration
	now     func() time.Time
}

// NewExpire returns the processor. classes are all resource classes of the farm;
// keep is how long after its end a job stays, for those who watch it.
func NewExpire(farm Farm, jobs Jobs, steps JobSteps, classes []string, keep time.Duration, now func() time.Time) *Expire {
	return &Expire{farm, jobs, steps, classes, keep, now}
}

var _ Processor = (*Expire)(nil)

// Name is "expire".
func (*Expire) Name() string { return "expire" }

// Trigger returns up to 20 enlisted jobs that ended long enough ago. A job that
// the catalog does not know is none of ours to remove.
func (x *Expire) Trigger(ctx context.Context, cursor string) ([]Item, string, error) {
	enlisted, err := x.farm.Jobs(ctx)
	if err != nil {
		return nil, cursor, Unavailable("redis", err)
	}
	const most = 20
	var items []Item
	for _, id := range enlisted {
		job, err := x.jobs.Job(ctx, id)
		if errors.Is(err, catalog.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, cursor, Unavailable("catalog", err)
		}
		if job.Status.Final() && job.Finished.Add(x.keep).Before(x.now()) && len(items) < most {
			items = append(items, Item{Key: id})
		}
	}
	return items, cursor, nil
}

// Process forgets jobs, a portion of steps at a time, and the job itself last:
// one that is cut short is found again.
func (x *Expire) Process(ctx context.Context, items []Item) (catalog.Writes, error) {
	failed := make(ItemErrors)
	for _, item := range items {
		if err := x.forget(ctx, item.Key); err != nil {
			failed[item.Key] = err
		}
	}
	if len(failed) > 0 {
		return catalog.Writes{}, failed
	}
	return catalog.Writes{}, nil
}

func (x *Expire) forget(ctx context.Context, job string) error {
	const most = 300 // a script's worth
	for from := 0; ; from += most {
		steps, err := x.steps.Steps(ctx, job, from, most)
		if err != nil {
			return fmt.Errorf("steps of job %s: %w", job, err)
		}
		if err := x.farm.Forget(ctx, job, steps); err != nil {
			return Unavailable("redis", err)
		}
		if len(steps) < most {
			return Unavailable("redis", x.farm.Dismiss(ctx, job, x.classes))
		}
	}
}
