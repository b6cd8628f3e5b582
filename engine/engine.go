package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
)

// Engine runs plans. Its fields are set once; Run is safe for concurrent use.
type Engine struct {
	Cache  *cache.Cache
	Types  *executor.Registry
	Runner sandbox.Runner
	// Toolchain, if set, is recorded with every result that is made.
	Toolchain *Toolchain
	// Slots is how many slots all running steps of one Run hold together.
	Slots int
	// Watch, if set, is told what happens, one event after the other. It must
	// not block.
	Watch func(Event)
}

// Job is one run of a plan.
type Job struct {
	Plan *dag.Plan
	// Sources are the files that inputs are read from in place; an input that
	// is missing here is read from the cache.
	Sources map[dag.ContentHash]cache.Source
	// Facts of sources, where they were examined.
	Facts map[dag.ContentHash]*dag.Facts
	// Redo are steps to execute although their result is known.
	Redo []dag.CacheID
	// Verify executes every step although its result is known, and compares.
	Verify bool
	// Deliver, if set, is called when the run is completed, while its outputs
	// are still held against eviction. Its error is that of Run.
	Deliver func(*Report) error
}

// ErrNoType reports a step of a type, or of a version of it, that this program
// does not have: a newer one planned it.
var ErrNoType = errors.New("this artdag has no step type")

// ErrReadOnly reports that steps would have to run on a cache that cannot be
// written.
var ErrReadOnly = errors.New("the cache is read-only and does not hold every result")

// run is the state of one Run. Only the goroutine of Run touches it; steps get
// what they need as values and hand back an outcome.
type run struct {
	engine *Engine
	job    Job
	plan   *dag.Plan

	index      map[dag.CacheID]int // step -> its place in the plan
	dependents [][]int
	redo       map[dag.CacheID]bool
	state      []state
	entries    []*cache.Entry // of steps whose result is known
	missing    []int          // inputs that a waiting step still waits for
	queue      queue
	free       int      // slots
	performed  chan int // steps whose tools are gone, and whose result is to be stored
	outcomes   chan outcome
	inFlight   int
	storing    int // of these, those that hold no slots any more
	hold       *cache.Hold

	report Report

	watching sync.Mutex // progress comes from the steps' goroutines
}

// Run executes what is not known yet and blocks until nothing of it runs any
// more. The report is complete whatever happened; its status says how it
// ended. The error is for what kept the run from starting or going on at all.
func (e *Engine) Run(ctx context.Context, job Job) (*Report, error) {
	began := time.Now()
	r := newRun(e, job)
	defer r.release()
	if err := r.look(); err != nil {
		return nil, err
	}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	r.loop(ctx)
	r.finish(ctx, time.Since(began))
	if job.Deliver == nil || r.report.Status != Completed {
		return &r.report, nil
	}
	return &r.report, job.Deliver(&r.report)
}

func newRun(e *Engine, job Job) *run {
	n := len(job.Plan.Steps)
	r := &run{
		engine: e, job: job, plan: job.Plan,
		index: make(map[dag.CacheID]int, n), dependents: make([][]int, n), redo: make(map[dag.CacheID]bool),
		state: make([]state, n), entries: make([]*cache.Entry, n), missing: make([]int, n),
		free: max(e.Slots, 1), performed: make(chan int), outcomes: make(chan outcome),
	}
	for i := range job.Plan.Steps {
		r.index[job.Plan.Steps[i].ID] = i
		for _, p := range r.producers(i) {
			r.dependents[p] = append(r.dependents[p], i)
		}
	}
	for _, id := range job.Redo {
		r.redo[id] = true
	}
	return r
}

// prepare counts what each waiting step waits for, queues those that wait for
// nothing.
func (r *run) prepare() error {
	r.queue.remaining = r.remainingPaths()
	pending := r.pending()
	needed := len(pending)
	r.watch(Event{Kind: Planned, Total: len(r.plan.Steps), Needed: needed, Waiting: pending})
	if needed == 0 {
		return nil
	}
	if r.engine.Cache.ReadOnly() {
		return fmt.Errorf("%w; to run: %s", ErrReadOnly, labels(pending))
	}
	for i, s := range r.state {
		if s == waiting {
			r.enter(i)
		}
	}
	return nil
}

// enter counts the inputs that step i waits for.
func (r *run) enter(i int) {
	for _, p := range r.producers(i) {
		if r.state[p] == waiting || r.state[p] == ready {
			r.missing[i]++
		}
	}
	if r.missing[i] == 0 {
		r.makeReady(i)
	}
}

// look finds out what is known. What it finds is held before it is believed:
// what another process evicted in between is looked at again.
func (r *run) look() error {
	hold, err := r.engine.Cache.Hold(r.given()...)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	r.hold = hold
	for {
		if err := r.prune(); err != nil {
			return err
		}
		whole, err := r.holdKnown()
		if err != nil || whole {
			return err
		}
		clear(r.state)
		clear(r.entries)
	}
}

// given are the inputs that the cache itself has.
func (r *run) given() []dag.Input {
	var out []dag.Input
	for _, hashes := range r.plan.Inputs {
		for _, h := range hashes {
			if _, elsewhere := r.job.Sources[h]; !elsewhere {
				out = append(out, dag.ContentInput(h))
			}
		}
	}
	return out
}

// holdKnown holds the results that were found and reports whether all of them
// are still there.
func (r *run) holdKnown() (whole bool, err error) {
	var known []dag.Input
	for i, s := range r.state {
		if s == cached {
			known = append(known, dag.StepInput(r.plan.Steps[i].ID, ""))
		}
	}
	if err := r.hold.Add(known...); err != nil {
		return false, fmt.Errorf("engine: %w", err)
	}
	for i, s := range r.state {
		if s == cached && !r.engine.Cache.Still(r.entries[i]) {
			return false, nil
		}
	}
	return true, nil
}

// release lets go of what was held. A hold that cannot be removed is found
// free by the next process, so its error changes nothing.
func (r *run) release() {
	if r.hold != nil {
		_ = r.hold.Release()
	}
}

func (r *run) makeReady(i int) {
	r.state[i] = ready
	r.queue.push(i)
}

// loop keeps the slots full until nothing is left that can run.
func (r *run) loop(ctx context.Context) {
	for {
		for ctx.Err() == nil && r.startNext(ctx) {
		}
		if r.inFlight == 0 {
			return
		}
		select {
		case i := <-r.performed:
			r.giveBack(i)
		case o := <-r.outcomes:
			r.settle(o)
		}
	}
}

// startNext starts the first step of the queue if its slots are free. A large
// step at the head is waited for, not overtaken, or it would never start. What
// waits to be stored is bounded: a disk that is slower than the tools holds
// them up.
func (r *run) startNext(ctx context.Context) bool {
	i := r.queue.first()
	if i < 0 || r.slots(i) > r.free || r.storing > max(r.engine.Slots, 1) {
		return false
	}
	r.queue.pop()
	r.state[i] = running
	r.free -= r.slots(i)
	r.inFlight++
	r.watch(Event{Kind: Started, Step: &r.plan.Steps[i]})
	work, err := r.workOf(i)
	go func() {
		if err != nil {
			r.outcomes <- outcome{index: i, err: err}
			return
		}
		r.outcomes <- r.engine.do(ctx, work)
	}()
	return true
}

// slots is what a step takes: never more than there are.
func (r *run) slots(i int) int {
	return min(max(r.plan.Steps[i].Slots, 1), max(r.engine.Slots, 1))
}

// giveBack frees the slots of a step whose tools are gone: storing its result
// is waiting for the disk, and the next tool need not. It keeps them for what
// becomes ready with the result, if that is more urgent than what is ready now.
func (r *run) giveBack(i int) {
	if r.urgent(i) {
		return
	}
	r.state[i] = storing
	r.storing++
	r.free += r.slots(i)
}

// urgent reports whether a step that waits for i alone goes before the first of
// the queue.
func (r *run) urgent(i int) bool {
	first := r.queue.first()
	return slices.ContainsFunc(r.dependents[i], func(d int) bool {
		return r.state[d] == waiting && r.missing[d] == 1 && (first < 0 || r.queue.remaining[d] > r.queue.remaining[first])
	})
}

// settle records what became of a step and readies or skips what depends on
// it.
func (r *run) settle(o outcome) {
	r.inFlight--
	if r.state[o.index] == storing {
		r.storing--
	} else {
		r.free += r.slots(o.index)
	}
	r.state[o.index] = o.state()
	r.record(o)
	if o.err != nil {
		if o.state() == failed {
			r.skip(o.index)
		}
		return
	}
	r.entries[o.index] = o.entry
	r.keep(o.entry)
	for _, d := range r.dependents[o.index] {
		if r.state[d] != waiting {
			continue
		}
		if r.missing[d]--; r.missing[d] == 0 {
			r.makeReady(d)
		}
	}
}

// keep holds a result that this run made or found. Without the hold the result
// is still right; it could only be evicted early, and then made again.
func (r *run) keep(e *cache.Entry) {
	_ = r.hold.Add(dag.StepInput(e.ID, ""))
}

// skip marks everything behind a failed step.
func (r *run) skip(i int) {
	for _, d := range r.dependents[i] {
		if r.state[d] == waiting {
			r.state[d] = skipped
			r.watch(Event{Kind: Skipped, Step: &r.plan.Steps[d]})
			r.skip(d)
		}
	}
}

// labels names the first of the steps.
func labels(steps []*dag.Step) string {
	const most = 5
	var all []string
	for _, s := range steps[:min(len(steps), most)] {
		all = append(all, s.Label)
	}
	if rest := len(steps) - most; rest > 0 {
		all = append(all, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(all, ", ")
}

// pending are the steps that must run.
func (r *run) pending() []*dag.Step {
	var steps []*dag.Step
	for i, s := range r.state {
		if s == waiting {
			steps = append(steps, &r.plan.Steps[i])
		}
	}
	return steps
}

func (r *run) count(s state) int {
	n := 0
	for _, have := range r.state {
		if have == s {
			n++
		}
	}
	return n
}

func (r *run) watch(e Event) {
	if r.engine.Watch == nil {
		return
	}
	r.watching.Lock()
	defer r.watching.Unlock()
	r.engine.Watch(e)
}
