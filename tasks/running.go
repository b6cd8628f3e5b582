package tasks

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// running is a step that this worker owns and works on.
type running struct {
	owned  *claim.Owned
	cancel context.CancelCauseFunc
	done   atomic.Uint64 // progress in thousandths
	until  atomic.Int64  // end of the lease as known here, unix ms
}

// table is what a worker is working on. Safe for concurrent use.
type table struct {
	mu    sync.Mutex
	steps map[dag.CacheID]*running
}

func newTable() *table { return &table{steps: make(map[dag.CacheID]*running)} }

// add enters a step. If an execution of it, stopped but not gone yet, is still
// in the table, it gives way; its own end does not remove the new one.
func (t *table) add(r *running) {
	r.until.Store(time.Now().Add(claim.Lease).UnixMilli())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps[r.owned.Spec.ID] = r
}

func (t *table) remove(r *running) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.steps[r.owned.Spec.ID] == r {
		delete(t.steps, r.owned.Spec.ID)
	}
}

// all returns what runs now.
func (t *table) all() []*running {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*running, 0, len(t.steps))
	for _, r := range t.steps {
		out = append(out, r)
	}
	return out
}

func progressOf(steps []*running) []claim.Progress {
	out := make([]claim.Progress, len(steps))
	for i, r := range steps {
		out[i] = claim.Progress{ID: r.owned.Spec.ID, Token: r.owned.Token, Done: float64(r.done.Load()) / 1000}
	}
	return out
}
