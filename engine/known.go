package engine

import (
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Known says for every step of a plan whether a run would take it as cached:
// its result is whole in the cache, or nothing that would run needs it.
func Known(c *cache.Cache, plan *dag.Plan) ([]bool, error) {
	r := newRun(&Engine{Cache: c}, Job{Plan: plan})
	if err := r.prune(); err != nil {
		return nil, err
	}
	known := make([]bool, len(plan.Steps))
	for i, s := range r.state {
		known[i] = s != waiting
	}
	return known, nil
}
