package farm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/artdag/artdag/catalog"
)

// watchEpoch looks every second whether Redis forgot.
func (s *Scheduler) watchEpoch(ctx context.Context) {
	s.every(ctx, time.Second, "epoch", s.forgot, s.checkEpoch)
}

// askAgain is how often Redis is asked whether it is still the same process.
// That it forgot everything is seen each second.
const askAgain = 5 * time.Second

// checkEpoch begins a new epoch when Redis has none, or is another server
// process than the one that the epoch began on: what it lost by that nobody
// knows. Of several schedulers one begins it, and all take up their jobs again.
func (s *Scheduler) checkEpoch(ctx context.Context) error {
	known := s.claims.Epoch()
	held, err := s.claims.Refresh(ctx)
	if err != nil {
		return err
	}
	if held != "" && held == known && time.Since(s.asked) < askAgain {
		return nil
	}
	instance, err := s.instance(ctx)
	if err != nil {
		return err
	}
	s.asked = time.Now()
	began, err := s.Redis.Get(ctx, s.Prefix.Key("instance")).Result()
	if held != "" && (err != nil || began == instance) {
		return s.entered(ctx, known, held)
	}
	grace, err := s.adoption(ctx)
	if err != nil {
		return err
	}
	held, err = s.claims.Begin(ctx, held, grace, instance)
	if err != nil {
		return err
	}
	s.Logger.Info("a new epoch", "epoch", held, "adoption", grace)
	return s.entered(ctx, known, held)
}

// entered does what a new epoch needs of every scheduler.
func (s *Scheduler) entered(ctx context.Context, known, held string) error {
	if known == held {
		return nil
	}
	if err := s.queue.AddNames(ctx, s.Classes); err != nil {
		return err
	}
	if known == "" {
		return nil // Start takes up the jobs
	}
	if err := s.announceAll(ctx); err != nil {
		s.Logger.Warn("announce", "error", err)
	}
	return s.takeUp(ctx)
}

// adoption is how long no claim is granted: nothing, where no job is unfinished,
// because then no worker can have anything to adopt.
func (s *Scheduler) adoption(ctx context.Context) (time.Duration, error) {
	open, err := s.Catalog.OpenJobs(ctx, "", 1)
	if err != nil || len(open) == 0 {
		return 0, err
	}
	if open[0].Status == catalog.Queued {
		running, err := s.Catalog.ListJobs(ctx, catalog.JobQuery{Status: []catalog.Status{catalog.Running, catalog.Paused}, Limit: 1})
		if err != nil || len(running) == 0 {
			return 0, err
		}
	}
	return s.Adoption, nil
}

// instance is the run_id of the Redis server; empty where it does not say, as
// in a cluster, of which only the loss of everything is noticed.
func (s *Scheduler) instance(ctx context.Context) (string, error) {
	if strings.HasPrefix(string(s.Prefix), "{") {
		return "", nil
	}
	text, err := s.Redis.Info(ctx, "server").Result()
	if err != nil {
		if strings.Contains(err.Error(), "section") {
			return "", nil // the embedded one knows fewer sections
		}
		return "", fmt.Errorf("farm: ask Redis who it is: %w", err)
	}
	for line := range strings.Lines(text) {
		if id, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(id), nil
		}
	}
	return "", nil
}

// takeUp has every unfinished job planned that is not on the farm.
func (s *Scheduler) takeUp(ctx context.Context) error {
	after := ""
	for {
		const page = 200
		jobs, err := s.Catalog.OpenJobs(ctx, after, page)
		if err != nil {
			return fmt.Errorf("farm: unfinished jobs: %w", err)
		}
		for _, job := range jobs {
			s.enqueue(job.ID)
			after = job.ID
		}
		if len(jobs) < page {
			return nil
		}
	}
}

// announceAll tells the farm what this scheduler holds.
func (s *Scheduler) announceAll(ctx context.Context) error {
	held, err := heldIn(ctx, s.cache)
	return errors.Join(err, s.index.Announce(ctx, s.ID, held))
}
