package tasks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
)

// fail ends an attempt and queues the next one, if there is one. It returns the
// cause, for the archive.
func (w *Worker) fail(r *running, cause error) error {
	class := classOf(cause)
	delay := backoff(r.owned.Attempts, class)
	attempts := w.Attempts
	if attempts == 0 {
		attempts = 3
	}
	var retry *claim.Retry
	err := w.tell(func(ctx context.Context) (err error) {
		retry, err = w.Claims.Fail(ctx, r.owned, w.Identity, class, cause.Error(), attempts, delay)
		return err
	})
	w.Log.Warn("a step failed", "step", r.owned.Spec.Label, "id", r.owned.Spec.ID.Short(), "class", class,
		"attempt", r.owned.Attempts+1, "again", retry != nil, "error", cause)
	// The task that is archived may be another's, whose completion brought this
	// step: so the reason names the step.
	cause = fmt.Errorf("step %s (%s): %w", r.owned.Spec.Label, r.owned.Spec.ID, cause)
	if err != nil || retry == nil {
		return errors.Join(cause, err)
	}
	next := claim.Released{
		ID: r.owned.Spec.ID, Release: retry.Release, Slots: retry.Slots, Class: r.owned.Spec.Class, Priority: retry.Priority,
	}
	return errors.Join(cause, w.queue.Put(w.life(), []claim.Released{next}, delay))
}

// classOf says whose fault an error is.
func classOf(err error) claim.Class {
	var gone *GoneError
	switch {
	case errors.Is(err, ErrLater):
		return claim.Unavailable
	case errors.Is(err, engine.ErrNoType), errors.Is(err, errUnreadable):
		return claim.Unfit
	case executor.IsInvalid(err), errors.As(err, &gone):
		return claim.Invalid
	}
	return claim.Failed
}

// backoff is the time before the next attempt: 1 s, 4 s, 16 s, each up to a
// half longer, so that what failed together is not tried together.
func backoff(spent int, class claim.Class) time.Duration {
	d := time.Second << min(2*spent, 8)
	switch class {
	case claim.Unavailable:
		d = 5 * time.Second
	case claim.Unfit:
		d = time.Second // another worker takes it at once, if there is one that can
	}
	return d + rand.N(d/2)
}

// origin is a task of the queue: which release of a step, and the queue it came
// through.
type origin struct {
	Payload
	priority claim.Priority
	class    string
}

// originOf reads a task.
func originOf(ctx context.Context, task *asynq.Task) (origin, error) {
	p, err := decode(task.Payload())
	if err != nil {
		return origin{}, err
	}
	if task.Type() != TypeStep {
		return origin{}, fmt.Errorf("tasks: there is no task type %q", task.Type())
	}
	queue, _ := asynq.GetQueueName(ctx)
	priority, class, _ := strings.Cut(queue, "-")
	return origin{Payload: p, priority: claim.Priority(priority), class: class}, nil
}

func (o origin) released(release int64) claim.Released {
	return claim.Released{ID: o.ID, Release: release, Slots: o.Slots, Class: o.class, Priority: o.priority}
}
