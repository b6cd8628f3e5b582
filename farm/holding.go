package farm

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/tasks"
)

// holding keeps what a worker made from being evicted as long as some job that
// is not over wants the step: then Redis still has it. It is safe for concurrent
// use.
type holding struct {
	cache  *cache.Cache
	claims *claim.Store

	mu    sync.Mutex
	hold  *cache.Hold
	steps map[dag.CacheID]bool
	// taken are last copies that a leaving worker handed over, and when.
	taken map[dag.ContentHash]time.Time
}

// takenFor is how long what was handed over is kept at least: whoever needs it
// fetches it within that time, or has it made again.
const takenFor = 24 * time.Hour

func newHolding(c *cache.Cache, claims *claim.Store) (*holding, error) {
	hold, err := c.Hold()
	if err != nil {
		return nil, err
	}
	return &holding{cache: c, claims: claims, hold: hold, steps: make(map[dag.CacheID]bool), taken: make(map[dag.ContentHash]time.Time)}, nil
}

// add holds the result of a step.
func (h *holding) add(step dag.CacheID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.steps[step] {
		return nil
	}
	h.steps[step] = true
	return h.hold.Add(dag.StepInput(step, ""))
}

// take holds content that is about to be handed over.
func (h *holding) take(content dag.ContentHash) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.taken[content] = time.Now()
	return h.hold.Add(dag.ContentInput(content))
}

// handed returns what was handed over.
func (h *holding) handed() []dag.ContentHash {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.taken))
}

// renew lets go of results that nobody wants any more. While Redis cannot be
// asked everything is kept.
func (h *holding) renew(ctx context.Context) error {
	ids := h.all()
	states, err := h.claims.Steps(ctx, ids)
	if err != nil {
		return err
	}
	fresh, err := h.cache.Hold()
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, id := range ids {
		if states[i].State == claim.NoState {
			delete(h.steps, id)
		}
	}
	for id := range h.steps { // those that were added meanwhile too
		if err := fresh.Add(dag.StepInput(id, "")); err != nil {
			return err
		}
	}
	for content, at := range h.taken {
		if time.Since(at) > takenFor {
			delete(h.taken, content)
		} else if err := fresh.Add(dag.ContentInput(content)); err != nil {
			return err
		}
	}
	old := h.hold
	h.hold = fresh
	return old.Release()
}

func (h *holding) all() []dag.CacheID {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]dag.CacheID, 0, len(h.steps))
	for id := range h.steps {
		ids = append(ids, id)
	}
	return ids
}

func (h *holding) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hold.Release()
}

// holdingPerformer holds every result that it makes, before it is told to the
// farm.
type holdingPerformer struct {
	tasks.Performer
	holding *holding
}

// Perform performs and holds.
func (p holdingPerformer) Perform(ctx context.Context, a tasks.Assignment) (tasks.Made, error) {
	made, err := p.Performer.Perform(ctx, a)
	if err != nil {
		return made, err
	}
	return made, p.holding.add(a.Spec.ID)
}

// keepHolding renews the holds until ctx ends. In a new epoch jobs are submitted
// again before anything is let go: the first look comes after the adoption.
func (w *Worker) keepHolding(ctx context.Context) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := w.holding.renew(ctx); err != nil && ctx.Err() == nil {
			w.Logger.Warn("renew holds", "error", err)
		}
	}
}
