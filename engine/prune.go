package engine

import (
	"errors"
	"fmt"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// state of a step during a run.
type state uint8

const (
	unneeded state = iota // behind a cached step, never looked at
	cached                // its result was known, or became known by early cutoff
	waiting               // for inputs
	ready                 // in the queue
	running
	storing // its tools are gone, its slots given back
	executed
	failed
	skipped // behind a failed step
)

// prune walks from the outputs back and decides for every step that it meets
// whether its result is known. Forced steps are executed although it is.
func (r *run) prune() error {
	stack := r.roots()
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if r.state[i] != unneeded {
			continue
		}
		entry, err := r.engine.Cache.Get(r.plan.Steps[i].ID)
		if err != nil && !errors.Is(err, cache.ErrMissing) {
			return fmt.Errorf("engine: look up step %s: %w", r.plan.Steps[i].Label, err)
		}
		r.entries[i] = entry
		if entry != nil && !r.forced(i) {
			r.state[i] = cached
			continue
		}
		r.state[i] = waiting
		stack = append(stack, r.producers(i)...)
	}
	return nil
}

// roots are the steps that the outputs name, and the forced ones, which no
// output may need.
func (r *run) roots() []int {
	var roots []int
	for _, out := range r.plan.Outputs {
		if !out.Input.IsSource() {
			roots = append(roots, r.index[out.Input.Step])
		}
	}
	for i := range r.plan.Steps {
		if r.forced(i) {
			roots = append(roots, i)
		}
	}
	return roots
}

func (r *run) forced(i int) bool {
	return r.job.Verify || r.redo[r.plan.Steps[i].ID]
}

// producers are the steps that make the inputs of step i, each once.
func (r *run) producers(i int) []int {
	var out []int
	seen := make(map[dag.CacheID]bool)
	for _, in := range r.plan.Steps[i].Inputs {
		if !in.IsSource() && !seen[in.Step] {
			seen[in.Step] = true
			out = append(out, r.index[in.Step])
		}
	}
	return out
}
