package farm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/index"
)

// sweep takes steps back whose workers are gone, every second.
func (s *Scheduler) sweep(ctx context.Context) {
	w := sweeper{s: s, contact: time.Now()}
	s.every(ctx, time.Second, "sweep", nil, w.once)
}

// sweeper remembers whether it heard of Redis lately. When Redis was out of
// reach for a while it was so for the workers as well, and leases lapsed of
// which nobody is gone: they are renewed first.
type sweeper struct {
	s             *Scheduler
	contact, from time.Time
}

// away is how long Redis may be silent before leases are given time.
const away = 5 * time.Second

func (w *sweeper) once(ctx context.Context) error {
	if w.s.claims.Epoch() == "" {
		return nil
	}
	silent := time.Since(w.contact) > away
	if err := w.s.resize(ctx); err != nil {
		return err
	}
	w.contact = time.Now()
	if silent {
		w.from = w.contact.Add(claim.Lease)
	}
	if w.contact.Before(w.from) {
		return nil
	}
	lost, err := w.s.claims.Sweep(ctx)
	for _, id := range lost {
		w.s.Logger.Warn("a step lost its worker", "id", id.Short())
	}
	return err
}

// resize sets the window of each class by the slots that serve it.
func (s *Scheduler) resize(ctx context.Context) error {
	jobs, err := s.claims.Jobs(ctx)
	if err != nil || len(jobs) == 0 {
		return err // an idle farm asks for little
	}
	workers, err := s.roster.workers(ctx)
	if err != nil {
		return err
	}
	for _, class := range s.Classes {
		slots := 0
		for _, w := range workers {
			for _, served := range w.Classes {
				if served == class && !w.Draining {
					slots += w.Slots
				}
			}
		}
		if err := s.claims.Resize(ctx, class, claim.Window(slots), jobs); err != nil {
			return err
		}
	}
	return nil
}

// overdueAfter is how long a released step may go unclaimed before it is looked
// for in the queue (C5).
const overdueAfter = 15 * time.Second

// reconcile puts back what fell out: released steps that are not in the queue,
// unfinished jobs that are not on the farm.
func (s *Scheduler) reconcile(ctx context.Context) {
	s.every(ctx, 10*time.Second, "reconcile", nil, func(ctx context.Context) error {
		if s.claims.Epoch() == "" {
			return nil
		}
		return errors.Join(s.overdue(ctx), s.takeUp(ctx))
	})
}

func (s *Scheduler) overdue(ctx context.Context) error {
	late, err := s.claims.Overdue(ctx, overdueAfter, 200)
	if err != nil {
		return err
	}
	for _, r := range late {
		there, err := s.queue.Holds(r)
		if err != nil {
			return err
		}
		release, err := s.claims.Requeue(ctx, r, there)
		if errors.Is(err, claim.ErrStale) || there {
			continue
		}
		if err != nil {
			return err
		}
		s.Logger.Warn("a released step was not in the queue", "id", r.ID.Short(), "release", r.Release)
		r.Release = release
		if err := s.queue.Put(ctx, []claim.Released{r}, 0); err != nil {
			return err
		}
	}
	return nil
}

// heldIn lists the contents of a cache.
func heldIn(ctx context.Context, c *cache.Cache) ([]index.Held, error) {
	var out []index.Held
	for item, err := range c.List(ctx) {
		if err != nil {
			return out, fmt.Errorf("farm: list cache: %w", err)
		}
		out = append(out, heldBy(c, item)...)
	}
	return out, nil
}

// heldBy are the contents of one item: of an entry, its members too. Documents
// are none.
func heldBy(c *cache.Cache, item cache.Item) []index.Held {
	switch item.Kind {
	case cache.KindSource:
		hash, err := dag.ParseID[dag.ContentHash](item.ID)
		if err != nil {
			return nil
		}
		held := index.Held{Content: hash}
		if source, err := c.Source(hash); err == nil {
			held.CID = source.CID
		}
		return []index.Held{held}
	case cache.KindEntry:
		id, err := dag.ParseID[dag.CacheID](item.ID)
		if err != nil {
			return nil
		}
		entry, err := c.Peek(id)
		if err != nil {
			return nil // evicted since
		}
		out := []index.Held{{Content: entry.Content, CID: entry.CID}}
		for _, m := range entry.Members {
			out = append(out, index.Held{Content: m.Content, CID: m.CID})
		}
		return out
	}
	return nil
}
