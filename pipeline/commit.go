package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/artdag/artdag/catalog"
)

// commit writes what became of a batch and moves the cursor, unless items of it
// still wait for a service: that is the error then.
func (l *loop) commit(ctx context.Context, b *batch, r result) error {
	to := b.to
	if r.waiting != nil {
		to = b.from
	}
	w := l.writes(b, r)
	if empty(w) && to == b.from {
		return r.waiting
	}
	if err := l.store.Advance(ctx, l.name, l.owner, b.from, to, l.clock.Now(), w); err != nil {
		return l.whose(ctx, err)
	}
	l.notes.update(func(s *Status) { s.Cursor = to })
	return r.waiting
}

// writes adds the runner's own to what the processor wants written.
func (l *loop) writes(b *batch, r result) catalog.Writes {
	w := r.writes
	w.Cleared = append(slices.Clone(w.Cleared), b.gone...)
	w.Faults = append(slices.Clone(w.Faults), b.repeats...)
	for _, key := range r.done {
		if _, faulty := b.was[key]; faulty {
			w.Cleared = append(w.Cleared, key)
		}
	}
	for key, err := range r.failed {
		w.Faults = append(w.Faults, failed(l.name, key, b.was[key], err, b.now))
	}
	return w
}

func empty(w catalog.Writes) bool {
	return len(w.Steps)+len(w.Items)+len(w.Pins)+len(w.Durable)+len(w.Faults)+len(w.Cleared)+len(w.Provenance) == 0
}

// whose finds out whether a commit failed because the catalog is down, or
// because of what was to be written.
func (l *loop) whose(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, catalog.ErrMoved) {
		return err
	}
	if _, _, down := l.acquire(ctx); down != nil {
		return Unavailable("catalog", err)
	}
	return err
}

// learn remembers what must not come again. What waits for a service may, and
// all others with it: the cursor is still before them.
func (l *loop) learn(b *batch, r result) {
	now := l.clock.Now()
	for _, key := range r.done {
		l.recent.add(key, now)
	}
	for key, err := range r.failed {
		l.recent.forget(key)
		l.log.Warn("item failed", "item", key, "tries", b.was[key].Tries+1, "error", err)
	}
	for _, f := range b.repeats {
		l.recent.forget(f.Item)
		l.log.Error("item parked", "item", f.Item, "error", f.Error)
	}
	l.notes.update(func(s *Status) { s.Processed += int64(len(r.done)) })
}
