package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// Shelf is the cache that is kept within its limit.
type Shelf interface {
	// GC evicts the least recently used items until the cache takes at most limit
	// bytes; negative means its own limit.
	GC(ctx context.Context, limit int64, dryRun bool) (cache.GCReport, error)
	// Hold keeps what it names from being evicted until it is released.
	Hold(refs ...dag.Input) (*cache.Hold, error)
}

var _ Shelf = (*cache.Cache)(nil)

// Keeper names what must stay in the cache although nothing on this machine
// holds it: what open jobs need, and last known copies of what is not pinned.
type Keeper interface {
	Keep(ctx context.Context) ([]dag.Input, error)
}

// Evict is the processor that keeps this machine's cache within its limit, and
// what must stay under a hold, which the cache's own evictions respect as well.
// Its name has the machine's in it, because every scheduler has a cache of its
// own. Close it after the runner has stopped.
type Evict struct {
	name  string
	shelf Shelf
	keep  Keeper
	now   func() time.Time

	mu   sync.Mutex
	held *cache.Hold // nil before the first trigger
}

// NewEvict returns the processor. machine is the scheduler that has the cache.
func NewEvict(machine string, shelf Shelf, keep Keeper, now func() time.Time) *Evict {
	return &Evict{name: "evict@" + machine, shelf: shelf, keep: keep, now: now}
}

var _ Processor = (*Evict)(nil)

// Name is "evict@" and the machine.
func (e *Evict) Name() string { return e.name }

// Trigger renews the hold and returns one item when there is something to
// evict. Its key has the time, because a cache fills again.
func (e *Evict) Trigger(ctx context.Context, cursor string) ([]Item, string, error) {
	if err := e.hold(ctx); err != nil {
		return nil, cursor, err
	}
	report, err := e.shelf.GC(ctx, -1, true)
	if err != nil || len(report.Evicted) == 0 {
		return nil, cursor, err
	}
	return []Item{{Key: e.now().UTC().Format(time.RFC3339Nano)}}, cursor, nil
}

// Process evicts.
func (e *Evict) Process(ctx context.Context, _ []Item) (catalog.Writes, error) {
	_, err := e.shelf.GC(ctx, -1, false)
	return catalog.Writes{}, err
}

// hold takes the new hold before it lets go of the old one.
func (e *Evict) hold(ctx context.Context) error {
	keep, err := e.keep.Keep(ctx)
	if err != nil {
		return Unavailable("what must be kept is not known", err)
	}
	hold, err := e.shelf.Hold(keep...)
	if err != nil {
		return fmt.Errorf("hold what must be kept: %w", err)
	}
	return e.swap(hold)
}

func (e *Evict) swap(hold *cache.Hold) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.held
	e.held = hold
	if was == nil {
		return nil
	}
	return was.Release()
}

// Close lets go of what was held.
func (e *Evict) Close() error { return e.swap(nil) }
