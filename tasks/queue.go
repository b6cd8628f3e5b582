package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/claim"
)

// Queue puts released steps into asynq. It is safe for concurrent use.
type Queue struct {
	Claims    *claim.Store
	Client    *asynq.Client
	Inspector *asynq.Inspector
}

// NewQueue returns a queue on the Redis of the claims.
func NewQueue(claims *claim.Store) *Queue {
	return &Queue{
		Claims: claims, Client: asynq.NewClientFromRedisClient(claims.Redis), Inspector: asynq.NewInspectorFromRedisClient(claims.Redis),
	}
}

// forever is asynq's time-out of a task; a step's own is the worker's.
const forever = 365 * 24 * time.Hour

// Put puts steps into the queue and rings the workers' doorbell. What is in
// there already is no error. A step that could not be put stays released;
// Overdue finds it.
func (q *Queue) Put(ctx context.Context, steps []claim.Released, delay time.Duration) error {
	if len(steps) == 0 {
		return nil
	}
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, step := range steps {
		group.Go(func() error { return q.putOne(each, step, delay) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	message := ""
	if delay > 0 {
		message = strconv.FormatInt(delay.Milliseconds(), 10)
	}
	return q.ring(ctx, message)
}

func (q *Queue) putOne(ctx context.Context, r claim.Released, delay time.Duration) error {
	epoch := q.Claims.Epoch()
	payload, err := json.Marshal(Payload{Version: version, ID: r.ID, Epoch: epoch, Release: r.Release, Slots: max(r.Slots, 1)})
	if err != nil {
		return fmt.Errorf("tasks: write payload: %w", err)
	}
	options := []asynq.Option{
		asynq.TaskID(TaskID(r.ID, epoch, r.Release)), asynq.Queue(QueueName(r.Priority, r.Class)),
		asynq.MaxRetry(0), asynq.Timeout(forever),
	}
	if delay > 0 {
		options = append(options, asynq.ProcessIn(delay))
	}
	_, err = q.Client.EnqueueContext(ctx, asynq.NewTask(TypeStep, payload), options...)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil // this very release is in there, or was: Overdue tells which
	}
	if err != nil {
		return fmt.Errorf("tasks: enqueue %s: %w", r.ID.Short(), err)
	}
	return nil
}

// ring tells idle workers to look into their queues: now, or after that many
// milliseconds.
func (q *Queue) ring(ctx context.Context, after string) error {
	return q.Claims.Redis.Publish(ctx, bellChannel(q.Claims), after).Err()
}

func bellChannel(s *claim.Store) string { return s.Prefix.Key("doorbell") }

// Holds reports whether a release is in the queue, waiting or active.
func (q *Queue) Holds(r claim.Released) (bool, error) {
	info, err := q.Inspector.GetTaskInfo(QueueName(r.Priority, r.Class), TaskID(r.ID, q.Claims.Epoch(), r.Release))
	if errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tasks: look for %s in the queue: %w", r.ID.Short(), err)
	}
	switch info.State {
	case asynq.TaskStatePending, asynq.TaskStateScheduled, asynq.TaskStateRetry:
		return true, nil
	case asynq.TaskStateActive:
		// Of a worker that is gone asynq says so 30 s late, or never.
		return !info.IsOrphaned, nil
	}
	return false, nil
}

// AddNames makes the queues known to asynq again: a living client of it never
// does, after Redis forgot them.
func (q *Queue) AddNames(ctx context.Context, classes []string) error {
	_, err := q.Claims.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, class := range classes {
			for _, priority := range claim.Priorities() {
				p.SAdd(ctx, "asynq:queues", QueueName(priority, class))
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tasks: name the queues: %w", err)
	}
	return nil
}

// Size is how many tasks a queue of asynq has, by state.
type Size struct {
	Queue                                       string
	Pending, Active, Scheduled, Retry, Archived int
	Latency                                     time.Duration // how long the oldest pending one waits
}

// Sizes looks into the queues of some classes, each in a few round trips of
// bounded work. asynq's Inspector takes no context: a Redis that does not answer
// is waited for as long as its client does.
func (q *Queue) Sizes(classes []string) ([]Size, error) {
	known, err := q.Inspector.Queues()
	if err != nil {
		return nil, fmt.Errorf("tasks: list queues: %w", err)
	}
	var out []Size
	for _, class := range classes {
		for _, priority := range claim.Priorities() {
			size := Size{Queue: QueueName(priority, class)}
			if slices.Contains(known, size.Queue) { // else nothing was ever put in
				if err := q.look(&size); err != nil {
					return nil, err
				}
			}
			out = append(out, size)
		}
	}
	return out, nil
}

func (q *Queue) look(s *Size) error {
	info, err := q.Inspector.GetQueueInfo(s.Queue)
	if err != nil {
		return fmt.Errorf("tasks: size of queue %s: %w", s.Queue, err)
	}
	s.Pending, s.Active, s.Scheduled, s.Retry, s.Archived = info.Pending, info.Active, info.Scheduled, info.Retry, info.Archived
	s.Latency = info.Latency
	return nil
}
