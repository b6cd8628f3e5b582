package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/semaphore"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Worker takes steps from the queue and performs them. Set the exported fields,
// then Start; Stop drains.
type Worker struct {
	Claims    *claim.Store
	Identity  claim.Worker
	Classes   []string
	Weights   map[claim.Priority]int // how often each priority's queue is looked at first; nil for 6, 3, 1
	Slots     int
	Performer Performer
	Journal   *Journal
	Log       *slog.Logger
	Attempts  int // of a step that fails; 0 means 3
	// Describe returns the JSON that others read of this worker, given its free
	// slots and whether it drains.
	Describe func(free int, draining bool, note string) string
	// StopOnLostContact kills what runs when its lease ends without contact to
	// Redis; otherwise it goes on and is reported when contact is back.
	StopOnLostContact bool
	// Grace is how long Stop lets steps finish before it kills them and hands
	// them back; 0 kills at once.
	Grace time.Duration
	// Drained is called when Redis says that the worker is to drain.
	Drained func()
	// Leaving is called by Stop when nothing runs any more, while the others
	// still know this worker; its context ends with the grace.
	Leaving func(context.Context)
	// Forgot is called when a new epoch began, after what runs was adopted.
	Forgot func(context.Context)
	// HaveRoom reports whether the disk has room again; nil means always.
	HaveRoom func() bool

	queue   *Queue
	server  *asynq.Server
	bell    *Doorbell
	client  redis.UniversalClient // of the server, with the doorbell
	slots   *semaphore.Weighted
	free    atomic.Int64
	waiting atomic.Int64 // tasks that wait for slots
	table   *table
	desk    *desk

	base     context.Context // of all steps
	kill     context.CancelCauseFunc
	draining atomic.Bool
	full     atomic.Int64   // since when the disk is, Unix ms; 0 when it is not
	work     sync.WaitGroup // chains under way
	parts    sync.WaitGroup
	beating  sync.Mutex
	stop     context.CancelFunc // of the parts
	stopped  sync.Once
}

// Why a step's context ended.
var (
	errDrained    = errors.New("the worker drains")
	errUnreadable = errors.New("a newer program wrote the step: update this worker")
	errContact    = errors.New("contact to Redis was lost for longer than the lease")
)

// OpenServerClient makes the client that asynq's server will use, which must be
// another than that of Claims, since the doorbell holds it up.
type OpenServerClient func() (redis.UniversalClient, error)

// Start begins to take steps. The epoch must be known (claim.Store.Refresh).
func (w *Worker) Start(ctx context.Context, open OpenServerClient) error {
	client, err := open()
	if err != nil {
		return fmt.Errorf("tasks: connect: %w", err)
	}
	w.client = client
	w.queue = NewQueue(w.Claims)
	w.slots, w.table = semaphore.NewWeighted(int64(w.Slots)), newTable()
	w.desk = newDesk(w)
	w.free.Store(int64(w.Slots))
	w.base, w.kill = context.WithCancelCause(context.WithoutCancel(ctx))
	// A worker that drains when ctx ends still has claims to renew.
	parts, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	queues := w.queues()
	w.bell = NewDoorbell(len(queues), 3*time.Second)
	client.AddHook(w.bell)
	w.parts.Go(func() { w.bell.Listen(parts, w.Claims.Redis, bellChannel(w.Claims)) })
	if err := w.beat(ctx); err != nil {
		return errors.Join(err, w.halt())
	}
	w.parts.Go(func() { w.heartbeat(parts) })
	w.server = asynq.NewServerFromRedisClient(client, asynq.Config{
		Concurrency: w.Slots, Queues: queues, TaskCheckInterval: time.Millisecond, DelayedTaskCheckInterval: 500 * time.Millisecond,
		ShutdownTimeout: time.Hour, Logger: quiet{w.Log}, IsFailure: func(error) bool { return true },
	})
	if err := w.server.Start(asynq.HandlerFunc(w.handle)); err != nil {
		return errors.Join(fmt.Errorf("tasks: start: %w", err), w.halt())
	}
	return nil
}

func (w *Worker) queues() map[string]int {
	weights := w.Weights
	if weights == nil {
		weights = map[claim.Priority]int{claim.High: 6, claim.Default: 3, claim.Low: 1}
	}
	queues := make(map[string]int)
	for _, class := range w.Classes {
		for _, p := range claim.Priorities() {
			queues[QueueName(p, class)] = weights[p]
		}
	}
	return queues
}

// Stop takes no more steps, lets those that run finish within the grace, kills
// and hands back the rest. It blocks until nothing runs.
func (w *Worker) Stop() { w.stopped.Do(w.shutdown) }

// Kill ends the grace at once: what runs is killed and handed back.
func (w *Worker) Kill() { w.kill(errDrained) }

func (w *Worker) shutdown() {
	w.draining.Store(true)
	// Now, not with the next heartbeat: others must not count on this worker.
	if err := w.beat(w.base); err != nil {
		w.Log.Warn("could not say that this worker drains", "error", err)
	}
	w.bell.Close()
	grace := time.AfterFunc(w.Grace, w.Kill)
	defer grace.Stop()
	w.server.Stop()
	w.work.Wait()
	w.server.Shutdown()
	if w.Leaving != nil {
		w.Leaving(w.base) // which Kill ends, at the latest with the grace
	}
	// Bounded: the last heartbeat says that the worker is gone.
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := w.Claims.Leave(ctx, w.Identity, w.Classes); err != nil {
		w.Log.Warn("could not say goodbye", "error", err)
	}
	if err := w.halt(); err != nil {
		w.Log.Warn("stop", "error", err)
	}
}

func (w *Worker) halt() error {
	w.stop()
	w.bell.Close()
	w.parts.Wait()
	return w.client.Close()
}

// handle is one task of the queue, and the steps that completing it hands on.
func (w *Worker) handle(ctx context.Context, task *asynq.Task) error {
	o, err := originOf(ctx, task)
	if err != nil {
		return archive(err)
	}
	if o.Epoch != w.Claims.Epoch() {
		return nil // of an epoch that is over: it was submitted again
	}
	w.work.Add(1)
	defer w.work.Done()
	if w.draining.Load() || !w.hasRoom() {
		return w.handBack(o)
	}
	n := int64(min(o.Slots, w.Slots))
	if !w.acquire(n) {
		return w.handBack(o)
	}
	defer w.letGo(n)
	return w.take(o, int(n))
}

// archive keeps a task where asynqmon shows it, with the reason.
func archive(err error) error { return fmt.Errorf("%w: %w", err, asynq.SkipRetry) }

// acquire takes slots, all at once, first come first served, and gives up after
// two seconds.
func (w *Worker) acquire(n int64) bool {
	ctx, cancel := context.WithTimeout(w.base, 2*time.Second)
	defer cancel()
	w.waiting.Add(1)
	err := w.slots.Acquire(ctx, n)
	w.waiting.Add(-1)
	if err != nil {
		return false
	}
	w.free.Add(-n)
	return true
}

func (w *Worker) letGo(n int64) {
	w.free.Add(n)
	w.slots.Release(n)
}

// handBack puts a step that was not claimed into the queue again, for another.
func (w *Worker) handBack(o origin) error {
	release, err := w.Claims.Requeue(w.life(), o.released(o.Release), false)
	if errors.Is(err, claim.ErrStale) {
		return nil
	}
	if err != nil {
		return archive(err) // Overdue finds it
	}
	return w.again(o, release, 500*time.Millisecond)
}

// again puts a new release of a task's step into the queue of the task.
func (w *Worker) again(o origin, release int64, delay time.Duration) error {
	delay += rand.N(delay/2 + 1)
	if err := w.queue.Put(w.life(), []claim.Released{o.released(release)}, delay); err != nil {
		w.Log.Warn("could not hand back a step; it is found later", "step", o.ID.Short(), "error", err)
	}
	return nil
}

// take claims the step of a task and works on it and on what follows.
func (w *Worker) take(o origin, slots int) error {
	owned, err := w.claim(o.Payload)
	var notMe *claim.NotMeError
	switch {
	case errors.As(err, &notMe):
		return w.again(o, notMe.Release, 300*time.Millisecond)
	case err != nil && refused(err):
		return nil
	case err != nil:
		return archive(err)
	}
	return w.chain(owned, o.class, slots)
}

// claim claims, waiting while a new epoch grants none, and while Redis cannot
// be reached.
func (w *Worker) claim(p Payload) (*claim.Owned, error) {
	token := claim.NewToken()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		owned, err := w.Claims.Claim(w.base, p.ID, p.Release, token, w.Identity)
		var wait *claim.WaitError
		switch {
		case errors.As(err, &wait):
			pause = min(wait.For, time.Second)
		case err == nil || refused(err) || w.base.Err() != nil || w.draining.Load():
			return owned, err
		}
		if !sleep(w.base, pause) {
			return nil, err
		}
	}
}

// refused reports whether Redis answered, and said no.
func refused(err error) bool {
	var busy *claim.BusyError
	var done *claim.DoneError
	var notMe *claim.NotMeError
	for _, kind := range []error{claim.ErrStale, claim.ErrPaused, claim.ErrCancelled, claim.ErrFailed, claim.ErrEpoch, claim.ErrLost} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return errors.As(err, &busy) || errors.As(err, &done) || errors.As(err, &notMe)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// The limits of a chain: then what waits in the queue has its turn. It also ends
// when a task of this worker waits for slots.
const (
	chainSteps = 100
	chainTime  = 2 * time.Second
	// chainShare is how long a chain may pass by what waits for other jobs: long
	// enough to spare tiny steps the queue, too short to be felt.
	chainShare = 20 * time.Millisecond
)

// chain works on a step, and on those that completing it hands over.
func (w *Worker) chain(owned *claim.Owned, class string, slots int) error {
	began := time.Now()
	for n := 1; owned != nil; n++ {
		owned.Spec.Class = class
		hand := claim.Hand{}
		if n < chainSteps && time.Since(began) < chainTime && !w.draining.Load() && w.waiting.Load() == 0 {
			hand = claim.Hand{Token: claim.NewToken(), Slots: slots, Yield: time.Since(began) > chainShare}
		}
		next, err := w.step(owned, hand)
		if err != nil {
			return archive(err)
		}
		owned = next
	}
	return nil
}

// step performs one owned step and settles with Redis what became of it. The
// error is that of a failed attempt, for the queue's archive.
func (w *Worker) step(owned *claim.Owned, hand claim.Hand) (next *claim.Owned, err error) {
	ctx, cancel := context.WithCancelCause(w.base)
	r := &running{owned: owned, cancel: cancel}
	w.table.add(r)
	defer w.table.remove(r)
	defer cancel(nil)
	made, resolved, err := w.perform(ctx, r)
	if err == nil {
		return w.complete(r, made, resolved, hand)
	}
	if errors.Is(err, claim.ErrWaits) {
		return nil, nil
	}
	return nil, w.settle(ctx, r, err)
}

func (w *Worker) perform(ctx context.Context, r *running) (Made, dag.CacheID, error) {
	spec := r.owned.Spec
	if r.owned.Unreadable != nil {
		return Made{}, dag.CacheID{}, fmt.Errorf("%w: %w", errUnreadable, r.owned.Unreadable)
	}
	contents, err := contentsOf(r.owned)
	if err != nil {
		return Made{}, dag.CacheID{}, err
	}
	resolved, known, err := w.start(ctx, r, contents)
	if err != nil || !known.IsZero() {
		return Made{Content: known, Meta: claim.Meta{Label: spec.Label, Type: spec.Type, Started: time.Now()}}, resolved, err
	}
	made, err := w.Performer.Perform(ctx, Assignment{
		Spec: spec, Contents: contents, Resolved: resolved, Attempt: r.owned.Attempts + 1,
		Progress: func(done float64) { r.done.Store(uint64(min(max(done, 0), 1) * 1000)) },
		Begins: func() {
			w.Log.Info("executing", "step", spec.Label, "id", spec.ID.Short(), "attempt", r.owned.Attempts+1)
		},
	})
	return made, resolved, err
}

// start computes what the step comes to with these bytes and begins it, unless
// that is known or under way.
func (w *Worker) start(ctx context.Context, r *running, contents []dag.ContentHash) (resolved dag.CacheID, known dag.ContentHash, err error) {
	spec := r.owned.Spec
	resolved = spec.Resolve(contents)
	if r.owned.Running {
		return resolved, known, nil
	}
	err = w.insist(ctx, func() error {
		known, err = w.Claims.Start(ctx, r.owned, resolved)
		return err
	})
	return resolved, known, err
}

// insist repeats a call to Redis until it is answered: what was made must not
// be lost because Redis was away. In a new epoch it waits for the adoption.
func (w *Worker) insist(ctx context.Context, call func() error) error {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := call()
		if err == nil || ctx.Err() != nil || errors.Is(err, claim.ErrWaits) || (refused(err) && !errors.Is(err, claim.ErrEpoch)) {
			return err
		}
		if !sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
}

// complete records the result. It goes on trying when the worker drains, since
// the work is done.
func (w *Worker) complete(r *running, made Made, resolved dag.CacheID, hand claim.Hand) (*claim.Owned, error) {
	if w.draining.Load() { // since the step began
		hand = claim.Hand{}
	}
	c := claim.Completion{
		Owned: r.owned, Holder: w.Identity.Holder, Hand: hand, Result: claim.Result{
			Resolved: resolved, Content: made.Content, CID: made.CID, Size: made.Size, Executed: made.Executed, Meta: made.Meta.Encode(),
		},
	}
	if !made.Executed && len(made.Meta.Items) == 0 {
		c.Holder = "" // a result that is known: its bytes are not here
	}
	var next *claim.Owned
	err := w.insist(w.life(), func() (err error) {
		next, err = w.desk.file(c)
		return err
	})
	if errors.Is(err, claim.ErrLost) {
		w.Log.Warn("a result came too late", "step", r.owned.Spec.Label, "id", r.owned.Spec.ID.Short())
		return nil, nil
	}
	return next, err
}

// life is the context of what must be told to Redis although steps are killed:
// it ends when the parts do.
func (w *Worker) life() context.Context { return context.WithoutCancel(w.base) }

// settle tells Redis about a step that came to no result.
func (w *Worker) settle(ctx context.Context, r *running, cause error) error {
	spec := r.owned.Spec
	var gone *GoneError
	switch why := context.Cause(ctx); {
	case errors.Is(why, claim.ErrLost), errors.Is(cause, claim.ErrLost), errors.Is(why, errContact):
		w.Log.Warn("stopped a step whose claim is lost", "step", spec.Label, "id", spec.ID.Short())
		return nil
	case ctx.Err() != nil:
		return w.tell(func(ctx context.Context) error { return w.Claims.Release(ctx, r.owned) })
	case errors.Is(cause, ErrNoRoom):
		w.noteFull(cause)
		return w.tell(func(ctx context.Context) error { return w.Claims.Release(ctx, r.owned) })
	case errors.As(cause, &gone) && len(gone.Sources) == 0:
		return w.tell(func(ctx context.Context) error { return w.Claims.Reopen(ctx, r.owned, w.Identity, gone.Missing) })
	}
	return w.fail(r, cause)
}

// tell repeats a call until Redis answered; that the claim is lost is no error.
func (w *Worker) tell(call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(w.life(), 2*claim.Lease) // then the lease has lapsed anyway
	defer cancel()
	err := w.insist(ctx, func() error { return call(ctx) })
	if refused(err) {
		return nil
	}
	return err
}

// RunningStep is a step that the worker works on.
type RunningStep struct {
	ID          dag.CacheID
	Label, Type string
	Done        float64 // 0 to 1
	Since       time.Time
}

// Running returns what the worker works on. It may be called before Start.
func (w *Worker) Running() []RunningStep {
	if w.table == nil {
		return nil
	}
	var out []RunningStep
	for _, r := range w.table.all() {
		spec := r.owned.Spec
		out = append(out, RunningStep{ID: spec.ID, Label: spec.Label, Type: spec.Type, Done: float64(r.done.Load()) / 1000, Since: r.owned.Claimed})
	}
	return out
}
