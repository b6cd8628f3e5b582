package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/artdag/artdag/catalog"
)

// loop is one processor at work in this process.
type loop struct {
	store  Store
	p      Processor
	name   string
	every  time.Duration
	limits limits
	owner  string
	lease  time.Duration
	clock  Clock
	log    *slog.Logger

	bell    chan struct{}
	circuit circuit
	recent  *recent
	held    bool    // as of the last round
	told    *string // the cursor that a Committer was told last; nil when none
	notes   notes
}

func newLoop(store Store, d Duty, o Options) *loop {
	if d.Every == 0 {
		d.Every = time.Minute
	}
	if d.Timeout == 0 {
		d.Timeout = 10 * time.Minute
	}
	name := d.Processor.Name()
	return &loop{
		store: store, p: d.Processor, name: name, every: d.Every, limits: limits{d.Timeout, o.Grace},
		owner: o.Owner, lease: o.Lease, clock: o.Clock, log: o.Log.With("processor", name),
		bell: make(chan struct{}, 1), circuit: circuit{shortest: shortestWait, longest: longestWait},
		recent: newRecent(remembered, 10_000), notes: notes{s: Status{Name: name, State: Stopped}},
	}
}

func (l *loop) ring() {
	select {
	case l.bell <- struct{}{}:
	default: // it rings already
	}
}

// run goes round until ctx ends.
func (l *loop) run(ctx context.Context) {
	defer l.notes.update(func(s *Status) { s.State = Stopped })
	defer l.handBack()
	for ctx.Err() == nil {
		more, err := l.round(ctx)
		if ctx.Err() == nil && !(more && err == nil) {
			l.rest(ctx, err)
		}
	}
}

// handBack ends the lease, so that another scheduler need not wait for its end.
func (l *loop) handBack() {
	// The loop's own context has ended: this is bounded cleanup.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.store.Release(ctx, l.name, l.owner); err != nil {
		l.log.Warn("the lease is not handed back and lapses", "error", err)
	}
}

// rest waits for what the end of a round calls for.
func (l *loop) rest(ctx context.Context, err error) {
	var hung *hungError
	switch {
	case errors.Is(err, catalog.ErrMoved):
		l.held = false
		l.notes.update(func(s *Status) { s.State, s.Error = Away, "" })
		l.sleep(ctx, l.idle(), l.bell)
	case err == nil:
		l.sleep(ctx, l.idle(), l.bell)
	case errors.As(err, &hung):
		l.fault(Hung, err, time.Time{})
		select {
		case <-hung.back:
		case <-ctx.Done():
		}
	default:
		wait := l.circuit.fail()
		l.fault(Open, err, l.clock.Now().Add(wait))
		l.sleep(ctx, wait, nil)
	}
}

// idle is how long to wait for nothing in particular. Who has not got the lease
// looks whether it lapsed.
func (l *loop) idle() time.Duration {
	if l.held {
		return l.every
	}
	return min(l.every, l.lease)
}

func (l *loop) fault(state State, err error, retryAt time.Time) {
	l.log.Warn("stops for a while", "state", state, "until", retryAt, "error", err)
	l.notes.update(func(s *Status) { s.State, s.Error, s.RetryAt = state, err.Error(), retryAt })
}

func (l *loop) sleep(ctx context.Context, d time.Duration, bell <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-bell:
	case <-l.clock.After(d):
	}
}
