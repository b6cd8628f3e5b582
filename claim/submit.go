package claim

import (
	"context"

	"github.com/artdag/artdag/dag"
)

// Priority of a job.
type Priority string

// The priorities, the highest first.
const (
	High    Priority = "high"
	Default Priority = "default"
	Low     Priority = "low"
)

// Priorities returns all of them, the highest first.
func Priorities() []Priority { return []Priority{High, Default, Low} }

// JobState says whether steps of a job may be released.
type JobState string

// The states of a job on the farm.
const (
	Active    JobState = "active"
	Paused    JobState = "paused"
	Cancelled JobState = "cancelled"
)

// Enlist opens a job so that steps can be submitted for it. Repeating it
// changes nothing.
func (s *Store) Enlist(ctx context.Context, job string, run dag.RunID, priority Priority, state JobState) error {
	_, err := s.do(ctx, "enlist", job, job, run.String(), string(priority), string(state))
	return err
}

// A script is given no more than this of each.
const (
	stepsPerSubmit = 75
	edgesPerSubmit = 300
)

// Submit brings the steps into being, in the order of the plan: a step comes
// after those that it reads. It returns how many of them were done already. It
// takes one round trip for about 75 steps or 300 edges; repeating it, also
// in part, changes nothing.
func (s *Store) Submit(ctx context.Context, job string, steps []Spec) (done int, err error) {
	c := chunk{store: s, job: job}
	for _, step := range steps {
		if err := c.add(ctx, step); err != nil {
			return c.done, err
		}
	}
	return c.done, c.flush(ctx)
}

// chunk gathers the arguments of one call.
type chunk struct {
	store        *Store
	job          string
	args         []any
	steps, edges int
	done         int
}

// add adds a step, with its edges in as many calls as they need.
func (c *chunk) add(ctx context.Context, step Spec) error {
	spec, err := step.encode()
	if err != nil {
		return err
	}
	producers := step.Producers()
	only := "0"
	if len(producers) == 0 {
		only = "1"
	}
	for from := 0; ; {
		if c.steps == stepsPerSubmit || c.edges == edgesPerSubmit {
			if err := c.flush(ctx); err != nil {
				return err
			}
		}
		n := min(len(producers)-from, edgesPerSubmit-c.edges)
		last := from+n == len(producers)
		c.args = append(c.args, step.ID.String(), spec, step.Class, max(step.Slots, 1), tagList(step.Tags), only, from, flag(last), hashOrNone(step.Gone), n)
		for _, p := range producers[from : from+n] {
			c.args = append(c.args, p.String())
		}
		c.steps, c.edges, from = c.steps+1, c.edges+n, from+n
		if last {
			return nil
		}
	}
}

func (c *chunk) flush(ctx context.Context) error {
	if c.steps == 0 {
		return nil
	}
	a, err := c.store.do(ctx, "submit", c.job, append([]any{c.job}, c.args...)...)
	if err != nil {
		return err
	}
	c.done += int(a.number(1))
	c.args, c.steps, c.edges = c.args[:0], 0, 0
	return nil
}

func hashOrNone(h dag.ContentHash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// Seal says that all steps of a job are submitted; it returns how many are
// open. A sealed job without an open step is finished.
func (s *Store) Seal(ctx context.Context, job string) (open int, err error) {
	a, err := s.do(ctx, "seal", job, job)
	return int(a.number(1)), err
}

// Steer changes the state or the priority of a job; empty values leave it as
// it is. classes are all resource classes of the farm.
func (s *Store) Steer(ctx context.Context, job string, state JobState, priority Priority, classes []string) error {
	args := []any{job, string(state), string(priority)}
	for _, class := range classes {
		args = append(args, class)
	}
	_, err := s.do(ctx, "steer", job, args...)
	return err
}

// Forget withdraws a job from steps, in chunks; what no other job wants and
// nobody runs is gone.
func (s *Store) Forget(ctx context.Context, job string, steps []dag.CacheID) error {
	const most = 300
	for len(steps) > 0 {
		n := min(len(steps), most)
		args := []any{job}
		for _, id := range steps[:n] {
			args = append(args, id.String())
		}
		if _, err := s.do(ctx, "forget", job, args...); err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}

// Dismiss removes a job whose steps are forgotten.
func (s *Store) Dismiss(ctx context.Context, job string, classes []string) error {
	args := []any{job}
	for _, class := range classes {
		args = append(args, class)
	}
	_, err := s.do(ctx, "dismiss", job, args...)
	return err
}
