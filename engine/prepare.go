package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
)

// Request is a recipe with what it was given.
type Request struct {
	Recipe *recipe.Recipe
	Inputs map[string][]string // by name: paths, folders, patterns, content hashes or cids
	Params map[string]any      // typed, see recipe.ReadParams
	Realm  string
	Until  string // a node to stop at; empty for the recipe's outputs
	Rehash bool   // read every input again, whatever is remembered of it
}

// Prepared is a plan with what running it needs.
type Prepared struct {
	Plan    *dag.Plan
	Sources map[dag.ContentHash]cache.Source
	Facts   map[dag.ContentHash]*dag.Facts
}

// Preparer turns requests into plans: it hashes inputs, measures what the
// recipe and the plan need of them, and expands. It is safe for concurrent
// use.
type Preparer struct {
	Cache   *cache.Cache
	Planner *planner.Planner
	Analyst *analysis.Analyst
	// Parallel is how many inputs are read at once.
	Parallel int
	// Watch, if set, is told what is being read, from several goroutines.
	Watch func(activity string)
	// Elsewhere says that the work is done elsewhere: content hashes that the
	// cache does not have are taken as they are. It is for Gather.
	Elsewhere bool
}

// Prepare returns the plan. Errors are recipe.Faults for whatever the artist
// can mend; nothing is analysed before all that can be checked without it is
// right.
func (p *Preparer) Prepare(ctx context.Context, req Request) (*Prepared, error) {
	if faults := p.Planner.Check(req.Recipe); len(faults) > 0 {
		return nil, faults
	}
	inputs, err := p.readInputs(ctx, req)
	if err != nil {
		return nil, err
	}
	measured, err := p.measure(ctx, inputs, func(in recipe.Input) []string { return features(req.Recipe, in) })
	if err != nil {
		return nil, err
	}
	plan, err := p.Planner.Plan(ctx, planner.Request{
		Recipe: req.Recipe, Inputs: hashes(inputs), Params: req.Params, Realm: req.Realm, Until: req.Until,
		Analysis: measured.values, Documents: measured.documents, Facts: measured.facts,
	})
	if err != nil {
		return nil, err
	}
	if err := p.keep(plan); err != nil {
		return nil, err
	}
	return &Prepared{Plan: plan, Sources: sources(inputs), Facts: measured.facts}, nil
}

// keep stores the plan beside the results. A read-only cache keeps none.
func (p *Preparer) keep(plan *dag.Plan) error {
	if p.Cache.ReadOnly() {
		return nil
	}
	if _, err := p.Cache.Plan(plan.ID); err == nil {
		return nil
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return fmt.Errorf("engine: write plan: %w", err)
	}
	return p.Cache.PutPlan(plan.ID, text)
}

// measured is what was found out about the inputs.
type measured struct {
	mu        sync.Mutex
	values    map[string]map[string]any // of inputs with one file
	each      map[string]map[string]any // of every file
	documents map[string]dag.ContentHash
	facts     map[dag.ContentHash]*dag.Facts
}

// measure measures the features of every file of every input.
func (p *Preparer) measure(ctx context.Context, inputs []read, features func(recipe.Input) []string) (*measured, error) {
	m := &measured{
		values: make(map[string]map[string]any), each: make(map[string]map[string]any), documents: make(map[string]dag.ContentHash),
		facts: make(map[dag.ContentHash]*dag.Facts),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(p.Parallel, 1))
	for _, in := range inputs {
		for n, file := range in.files {
			if wanted := features(in.decl); len(wanted) > 0 {
				group.Go(func() error { return p.measureOne(ctx, m, in, n, file, wanted) })
			}
		}
	}
	return m, group.Wait()
}

func (p *Preparer) measureOne(ctx context.Context, m *measured, in read, n int, file file, features []string) error {
	name := in.label(n)
	p.watch("measuring %s: %s", name, strings.Join(features, ", "))
	doc, err := p.Analyst.Measure(ctx, analysis.Source{
		Path: file.Path, Hash: file.Hash, Kind: in.kind(),
	}, features, nil)
	if err == nil {
		err = file.unchanged()
	}
	if err != nil {
		return &InputError{name, err}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.documents[name] = doc.Hash
	m.each[name] = doc.Values
	m.facts[file.Hash] = analysis.FactsOf(doc.Values)
	if len(in.files) == 1 {
		m.values[name] = doc.Values
	}
	return nil
}

// named are the features that the recipe asks for.
func named(r *recipe.Recipe, in recipe.Input) []string {
	var out []string
	for _, a := range r.Analysis {
		if a.Input == in.Name {
			out = append(out, a.Features...)
		}
	}
	return out
}

// features are those that the recipe names, and the probe for whatever has
// pictures or sound, because the plan states what its steps will produce.
func features(r *recipe.Recipe, in recipe.Input) []string {
	out := named(r, in)
	if in.Kind != dag.Blend && in.Kind != dag.Data && !slices.Contains(out, "probe") {
		out = append(out, "probe")
	}
	return out
}

func (p *Preparer) watch(format string, args ...any) {
	if p.Watch != nil {
		p.Watch(fmt.Sprintf(format, args...))
	}
}
