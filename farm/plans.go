package farm

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// planned is a plan with the places of its steps.
type planned struct {
	*dag.Plan
	at    map[dag.CacheID]int
	needs []need // made when it is asked for
}

// plans keeps the plans that were used last in memory; all of them are in the
// cache folder. It is safe for concurrent use.
type plans struct {
	cache *cache.Cache

	mu    sync.Mutex
	kept  *simplelru.LRU[dag.PlanID, *planned]
	steps int                   // of the plans that are kept
	jobs  map[string]dag.PlanID // of the latest jobs
	runs  map[dag.RunID]dag.PlanID
}

// What is kept in memory: some plans however large they are, and more while all
// together have few steps. One of 100,000 steps takes 100 MB. Completions name
// every job that wants a step, and each is looked up in the plan of that job: a
// plan that is not kept is read anew each time.
const (
	plansKept = 16
	stepsKept = 200_000
)

func newPlans(c *cache.Cache) *plans {
	kept, _ := simplelru.NewLRU[dag.PlanID, *planned](math.MaxInt, nil) // the size is positive
	return &plans{cache: c, kept: kept, jobs: make(map[string]dag.PlanID), runs: make(map[dag.RunID]dag.PlanID)}
}

// add keeps a plan.
func (p *plans) add(plan *dag.Plan) *planned {
	out := &planned{Plan: plan, at: places(plan)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if was, ok := p.kept.Peek(plan.ID); ok {
		p.steps -= len(was.Steps)
	}
	p.kept.Add(plan.ID, out)
	p.steps += len(plan.Steps)
	for p.kept.Len() > plansKept && p.steps > stepsKept {
		_, old, _ := p.kept.RemoveOldest()
		p.steps -= len(old.Steps)
	}
	return out
}

// get returns a plan, or catalog.ErrNotFound when this machine does not have
// it.
func (p *plans) get(id dag.PlanID) (*planned, error) {
	p.mu.Lock()
	found, ok := p.kept.Get(id)
	p.mu.Unlock()
	if ok {
		return found, nil
	}
	text, err := p.cache.Plan(id)
	if err != nil {
		return nil, fmt.Errorf("farm: plan %s: %w", id.Short(), catalog.ErrNotFound)
	}
	var plan dag.Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, fmt.Errorf("farm: read plan %s: %w", id.Short(), err)
	}
	return p.add(&plan), nil
}

// addRun keeps the plan that this process made for a run. The same run has the
// same plan as long as planner and tools are the same, which is the life of the
// process.
func (p *plans) addRun(run dag.RunID, plan *dag.Plan) *planned {
	out := p.add(plan)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.runs) >= 10_000 {
		clear(p.runs)
	}
	p.runs[run] = plan.ID
	return out
}

// ofRun returns the plan that this process made for a run, or nil.
func (p *plans) ofRun(run dag.RunID) *planned {
	p.mu.Lock()
	id, ok := p.runs[run]
	p.mu.Unlock()
	if !ok {
		return nil
	}
	plan, err := p.get(id)
	if err != nil {
		return nil // evicted since
	}
	return plan
}

// of returns the plan that a job was noted to have.
func (p *plans) of(job string) (dag.PlanID, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, ok := p.jobs[job]
	return id, ok
}

// note remembers the plan of a job. A plan never changes for a job.
func (p *plans) note(job string, plan dag.PlanID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.jobs) >= 10_000 {
		clear(p.jobs)
	}
	p.jobs[job] = plan
}
