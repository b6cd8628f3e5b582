package farm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/index"
)

// submitter brings the steps of plans to the farm, those whose result is not
// known.
type submitter struct {
	claims  *claim.Store
	index   *index.Index
	catalog *catalog.DB
	place   func(step *dag.Step) (class string, tags []string)
	// have reports which contents can be had from somewhere.
	have func(ctx context.Context, contents []dag.ContentHash) (map[dag.ContentHash]bool, error)
	// keep stores a config that is too long to travel with the step.
	keep func(ctx context.Context, config []byte) (dag.ContentHash, error)
	// room is how many bytes more Redis should be given, and refuses when it is
	// none; nil never does.
	room func(ctx context.Context) (free int64, err error)
}

// submitted says what of a plan has to be done.
type submitted struct{ needed, done int }

// submit walks from the outputs back, submits what is needed and leaves the job
// unsealed. Repeating it changes nothing.
func (s *submitter) submit(ctx context.Context, job string, plan *dag.Plan) (submitted, error) {
	return s.submitFrom(ctx, job, plan, outputSteps(plan))
}

// submitFrom does it for some steps instead of the outputs.
func (s *submitter) submitFrom(ctx context.Context, job string, plan *dag.Plan, roots []int) (submitted, error) {
	p := newPruning(s, plan)
	needed, err := p.needed(ctx, roots)
	if err != nil {
		return submitted{}, err
	}
	if err := s.index.Learn(ctx, p.learned); err != nil {
		return submitted{}, err
	}
	specs := make([]claim.Spec, 0, len(needed))
	for _, i := range needed {
		spec, err := s.spec(ctx, plan, i, p.multi)
		if err != nil {
			return submitted{}, err
		}
		spec.Gone = p.gone[spec.ID]
		specs = append(specs, spec)
	}
	done, err := s.send(ctx, job, specs)
	return submitted{needed: len(needed), done: done}, err
}

// send submits steps in parts, each when there is room for it.
func (s *submitter) send(ctx context.Context, job string, specs []claim.Spec) (done int, err error) {
	for len(specs) > 0 {
		part := specs[:min(len(specs), 1000)]
		if s.room != nil {
			free, err := s.room(ctx)
			if err != nil {
				return done, err
			}
			part = part[:fitting(part, free)]
		}
		n, err := s.claims.Submit(ctx, job, part)
		done += n
		if err != nil {
			return done, err
		}
		specs = specs[len(part):]
	}
	return done, nil
}

// longConfig is what travels with a step at most; a longer config is content.
const longConfig = 4 << 10

func (s *submitter) spec(ctx context.Context, plan *dag.Plan, i int, multi map[dag.CacheID]bool) (claim.Spec, error) {
	step := &plan.Steps[i]
	class, tags := s.place(step)
	spec := claim.Spec{
		ID: step.ID, Type: step.Type, Config: step.Config, Inputs: step.Inputs, Realm: plan.Realm, Label: step.Label,
		Slots: max(step.Slots, 1), Class: class, Tags: tags, Cost: step.Cost, Bytes: step.Bytes,
		Multi: step.Multi, Format: step.Format, Members: step.Members,
	}
	for n, in := range step.Inputs {
		if in.Member == "" && multi[in.Step] {
			spec.Lists = append(spec.Lists, n)
		}
	}
	if len(spec.Config) > longConfig {
		hash, err := s.keep(ctx, spec.Config)
		if err != nil {
			return spec, fmt.Errorf("farm: keep config of %s: %w", step.Label, err)
		}
		spec.Config, spec.ConfigAt = nil, hash
	}
	if members, _ := json.Marshal(spec.Members); len(members) > longConfig {
		spec.Members = nil // the executor names them itself
	}
	return spec, nil
}

func outputSteps(plan *dag.Plan) []int {
	at := places(plan)
	var out []int
	for _, o := range plan.Outputs {
		if !o.Input.IsSource() {
			out = append(out, at[o.Input.Step])
		}
	}
	return out
}

func places(plan *dag.Plan) map[dag.CacheID]int {
	at := make(map[dag.CacheID]int, len(plan.Steps))
	for i := range plan.Steps {
		at[plan.Steps[i].ID] = i
	}
	return at
}

// pruning is one walk over a plan.
type pruning struct {
	*submitter
	plan    *dag.Plan
	at      map[dag.CacheID]int
	multi   map[dag.CacheID]bool
	known   map[dag.CacheID]index.Fact
	all     bool                            // known holds what is known of every step
	mapped  map[dag.CacheID]bool            // the index has known for them
	learned []index.Fact                    // what it does not have
	gone    map[dag.CacheID]dag.ContentHash // known results whose bytes can be had nowhere
}

func newPruning(s *submitter, plan *dag.Plan) *pruning {
	p := &pruning{submitter: s, plan: plan, at: places(plan), multi: make(map[dag.CacheID]bool), known: make(map[dag.CacheID]index.Fact), mapped: make(map[dag.CacheID]bool), gone: make(map[dag.CacheID]dag.ContentHash)}
	for i := range plan.Steps {
		if plan.Steps[i].Multi {
			p.multi[plan.Steps[i].ID] = true
		}
	}
	return p
}

// needed returns the steps that have to be done for the roots, in the order of
// the plan. A result counts only if its bytes can be had.
func (p *pruning) needed(ctx context.Context, roots []int) ([]int, error) {
	need, seen := make([]bool, len(p.plan.Steps)), make([]bool, len(p.plan.Steps))
	level := roots
	for len(level) > 0 {
		fresh := level[:0:0]
		for _, i := range level {
			if !seen[i] {
				seen[i] = true
				fresh = append(fresh, i)
			}
		}
		complete, err := p.complete(ctx, fresh)
		if err != nil {
			return nil, err
		}
		level = nil
		for _, i := range fresh {
			if complete[i] {
				continue
			}
			need[i] = true
			for _, in := range p.plan.Steps[i].Inputs {
				if !in.IsSource() {
					level = append(level, p.at[in.Step])
				}
			}
		}
	}
	var out []int
	for i, n := range need {
		if n {
			out = append(out, i)
		}
	}
	return out, nil
}

// complete says which of the steps have a result whose bytes can be had.
func (p *pruning) complete(ctx context.Context, steps []int) (map[int]bool, error) {
	if err := p.look(ctx, steps); err != nil {
		return nil, err
	}
	var contents []dag.ContentHash
	for _, i := range steps {
		if fact, ok := p.known[p.plan.Steps[i].ID]; ok {
			contents = append(contents, fact.Content)
		}
	}
	had, err := p.have(ctx, contents)
	if err != nil {
		return nil, err
	}
	out := make(map[int]bool)
	var gone []index.Fact
	for _, i := range steps {
		fact, ok := p.known[p.plan.Steps[i].ID]
		switch {
		case ok && had[fact.Content]:
			out[i] = true
			if !p.mapped[fact.Step] {
				p.learned = append(p.learned, fact)
			}
		case ok:
			gone = append(gone, fact)
			p.gone[fact.Step] = fact.Content
		}
	}
	return out, p.index.Unlearn(ctx, gone)
}

// look finds results: of the outputs first, which often is all there is to
// know, then of all steps at once.
func (p *pruning) look(ctx context.Context, steps []int) error {
	if p.all {
		return nil
	}
	ids := make([]dag.CacheID, 0, len(steps))
	if len(p.known) == 0 && len(steps) <= 1000 && !p.all {
		for _, i := range steps {
			ids = append(ids, p.plan.Steps[i].ID)
		}
		if err := p.facts(ctx, ids); err != nil || len(p.known) == len(steps) {
			return err
		}
		ids = ids[:0]
	}
	for i := range p.plan.Steps {
		ids = append(ids, p.plan.Steps[i].ID)
	}
	p.all = true
	return p.facts(ctx, ids)
}

// facts looks into Redis, and for the rest into the catalog. A step that reads
// sources only may be known as the work that another step came to.
func (p *pruning) facts(ctx context.Context, ids []dag.CacheID) error {
	for _, look := range []func(context.Context, []dag.CacheID) error{p.indexed, p.recorded} {
		if err := look(ctx, ids); err != nil {
			return err
		}
		ids = slices.DeleteFunc(ids, func(id dag.CacheID) bool { _, ok := p.known[id]; return ok })
	}
	return nil
}

func (p *pruning) indexed(ctx context.Context, ids []dag.CacheID) error {
	resolved, err := p.index.Resolved(ctx, ids)
	if err != nil {
		return err
	}
	results, err := p.index.Results(ctx, ids)
	if err != nil {
		return err
	}
	for id, content := range resolved {
		p.known[id] = index.Fact{Step: id, Content: content}
	}
	for id, content := range results {
		p.known[id] = index.Fact{Step: id, Content: content}
		p.mapped[id] = true
	}
	return nil
}

func (p *pruning) recorded(ctx context.Context, ids []dag.CacheID) error {
	for _, look := range []func(context.Context, []dag.CacheID) (map[dag.CacheID]catalog.Result, error){p.catalog.ResultsOfWork, p.catalog.Results} {
		found, err := look(ctx, ids)
		if err != nil {
			return fmt.Errorf("farm: look up results: %w", err)
		}
		for id, r := range found {
			p.known[id] = index.Fact{Step: id, Resolved: r.ResolvedID, Content: r.Content}
		}
	}
	return nil
}
