package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Duty is a processor and when it is to run.
type Duty struct {
	Processor Processor
	// Every is how often to look for items when nobody rings; 0 means a minute.
	Every time.Duration
	// Timeout is how long one Trigger or Process may take; 0 means ten minutes.
	Timeout time.Duration
}

// Options are what a runner may be told. Owner must be set.
type Options struct {
	Owner string        // this process, unlike any other that has the same catalog
	Clock Clock         // nil means the real one
	Lease time.Duration // how long a lost scheduler keeps its processors; 0 means 30 s
	Grace time.Duration // how long a call may go on after it was told to stop; 0 means 10 s
	Log   *slog.Logger  // nil means none
}

// Runner runs processors, each in a goroutine of its own. It is safe for
// concurrent use.
type Runner struct {
	loops map[string]*loop
	names []string // in the order in which they were given

	mu      sync.Mutex
	cancel  context.CancelFunc // nil until started
	running sync.WaitGroup
}

// The waits that nobody needs to choose.
const (
	shortestWait = time.Second      // of an open circuit
	longestWait  = 5 * time.Minute  // of an open circuit
	remembered   = 10 * time.Minute // how long an item that comes again is a repetition
)

// New returns a runner of these processors, whose names must differ.
func New(store Store, duties []Duty, o Options) (*Runner, error) {
	if o.Owner == "" {
		return nil, errors.New("pipeline: a runner needs an owner")
	}
	o = o.filled()
	r := &Runner{loops: make(map[string]*loop, len(duties))}
	for _, d := range duties {
		name := d.Processor.Name()
		if _, twice := r.loops[name]; twice {
			return nil, fmt.Errorf("pipeline: two processors are called %q", name)
		}
		r.loops[name] = newLoop(store, d, o)
		r.names = append(r.names, name)
	}
	return r, nil
}

func (o Options) filled() Options {
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Start starts the processors and returns. They stop when ctx ends or at Stop;
// a runner is started once.
func (r *Runner) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel != nil {
		return errors.New("pipeline: the runner was started before")
	}
	ctx, r.cancel = context.WithCancel(ctx)
	for _, l := range r.loops {
		r.running.Go(func() { l.run(ctx) })
	}
	return nil
}

// Stop tells the processors to stop and waits until they did, handed back their
// leases, or turned out to hang. It may be called at any time and again.
func (r *Runner) Stop() {
	r.mu.Lock()
	cancel := r.cancel
	r.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	r.running.Wait()
}

// Wake rings a processor's bell: it looks for items at once instead of at the
// end of its interval. It does not block, and reports whether there is such a
// processor. A circuit that is open stays so.
func (r *Runner) Wake(name string) bool {
	l, ok := r.loops[name]
	if ok {
		l.ring()
	}
	return ok
}

// Status returns a look at each processor, in the order in which they were
// given.
func (r *Runner) Status() []Status {
	all := make([]Status, 0, len(r.names))
	for _, name := range r.names {
		all = append(all, r.loops[name].notes.snapshot())
	}
	return all
}
