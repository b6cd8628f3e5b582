package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/artdag/artdag/catalog"
)

// round looks for items once and processes them, if this process has or gets
// the lease. more says that there may be more at once.
func (l *loop) round(ctx context.Context) (more bool, err error) {
	cursor, held, err := l.acquire(ctx)
	if err != nil {
		return false, err
	}
	l.held = held
	l.notes.update(func(s *Status) { s.begin(cursor, held, l.clock.Now()) })
	if !held {
		l.told = nil // whoever takes over after that tells its Committer
		return false, nil
	}
	ctx, release := l.keepLease(ctx)
	defer release()
	if more, err = l.turn(ctx, cursor); err == nil && !more {
		err = l.count(ctx)
	}
	if err == nil {
		l.circuit.close()
		l.notes.update(func(s *Status) { s.end(more, l.clock.Now()) })
	}
	return more, err
}

func (l *loop) acquire(ctx context.Context) (cursor string, held bool, err error) {
	cursor, held, err = l.store.Acquire(ctx, l.name, l.owner, l.clock.Now(), l.lease)
	return cursor, held, Unavailable("catalog", err)
}

// keepLease prolongs the lease until released, and ends the context when
// another owner has it.
func (l *loop) keepLease(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-l.clock.After(l.lease / 3):
			}
			// A catalog that does not answer is noticed at the end of the round.
			if _, held, err := l.acquire(ctx); err == nil && !held {
				cancel(fmt.Errorf("pipeline: %s: lost its lease: %w", l.name, catalog.ErrMoved))
			}
		}
	}()
	return ctx, func() { cancel(nil); <-done }
}

// turn is a round under the lease.
func (l *loop) turn(ctx context.Context, cursor string) (more bool, err error) {
	if err := l.tell(ctx, cursor); err != nil {
		return false, err
	}
	b, err := l.gather(ctx, cursor)
	if err == nil {
		err = l.process(ctx, b)
	}
	if cause := context.Cause(ctx); errors.Is(cause, catalog.ErrMoved) {
		err = cause
	}
	return b.more(), err
}

// count notes how many items are tried again and parked.
func (l *loop) count(ctx context.Context) error {
	faults, err := l.store.Faults(ctx, l.name, false, mostFaults)
	if err != nil {
		return Unavailable("catalog", err)
	}
	parked := 0
	for _, f := range faults {
		if f.Parked {
			parked++
		}
	}
	l.notes.update(func(s *Status) { s.Parked, s.Retrying = parked, len(faults)-parked })
	return nil
}

// tell tells a Committer the cursor, unless it knows.
func (l *loop) tell(ctx context.Context, cursor string) error {
	c, ok := l.p.(Committer)
	if !ok || l.told != nil && *l.told == cursor {
		return nil
	}
	_, err := call(ctx, l.clock, l.limits, l.name+": committed", func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.Committed(ctx, cursor)
	})
	if err == nil {
		l.told = &cursor
	}
	return err
}
