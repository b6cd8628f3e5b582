package planner

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/expr"
	"github.com/artdag/artdag/dag/recipe"
)

// Bounds of one plan.
const (
	maxSteps  = 2_000_000
	maxFaults = 100
)

// Plan expands the recipe. The error is recipe.Faults, or that of ctx.
func (p *Planner) Plan(ctx context.Context, req Request) (*dag.Plan, error) {
	programs, faults := p.compile(req.Recipe)
	if len(faults) > 0 {
		return nil, sorted(faults)
	}
	x := &expansion{
		compiler: compiler{planner: p, recipe: req.Recipe}, req: req, scope: scope(req),
		groups: make(map[string]group), known: make(map[dag.CacheID]int),
	}
	x.inputs()
	for _, prog := range programs {
		if len(x.faults) < maxFaults {
			x.node(ctx, prog)
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("plan: %w", err)
		}
	}
	outputs := x.outputs()
	if len(x.faults) > 0 {
		return nil, sorted(x.faults)
	}
	return x.plan(outputs)
}

// expansion is the state of one Plan.
type expansion struct {
	compiler
	req    Request
	scope  expr.Scope
	groups map[string]group
	steps  []dag.Step
	known  map[dag.CacheID]int // step -> index
}

// inputs makes the groups of what was given.
func (x *expansion) inputs() {
	for _, in := range x.req.Recipe.Inputs {
		g := group{several: in.Many || in.Kind == dag.Images}
		for _, hash := range x.req.Inputs[in.Name] {
			kind := in.Kind
			if kind == dag.Images {
				kind = dag.Image
			}
			g.things = append(g.things, thing{
				input: dag.ContentInput(hash), kind: kind, facts: x.req.Facts[hash], level: -1, label: in.Name,
			})
		}
		if len(g.things) > 1 && !g.several {
			x.fault(in.Pos, "input %s takes one file, got %d; declare it with many: true to take several", in.Name, len(g.things))
		}
		if len(g.things) == 0 {
			g.dropped = true
			if !in.Optional {
				x.fault(in.Pos, "input %s is missing", in.Name)
			}
		}
		x.groups[in.Name] = g
	}
}

// node expands one node into its group.
func (x *expansion) node(ctx context.Context, p *program) {
	keep, ok := x.wanted(p)
	if !ok {
		return
	}
	if !keep {
		x.groups[p.node.ID] = group{several: p.fanOut, dropped: true}
		return
	}
	if p.typ == nil {
		x.choose(p)
		return
	}
	turns, ok := x.elements(p)
	if !ok {
		return
	}
	if len(x.steps)+len(turns) > maxSteps {
		x.fault(p.node.Pos, "node %s: the plan has more than %d steps", p.node.ID, maxSteps)
		return
	}
	x.steps = slices.Grow(x.steps, len(turns))
	g := group{several: p.fanOut, things: make([]thing, 0, len(turns))}
	for first := 0; first < len(turns) && ctx.Err() == nil; first += draftsAtOnce {
		block := turns[first:min(first+draftsAtOnce, len(turns))]
		for _, d := range x.drafts(p, first, block) {
			if d.made {
				g.things = append(g.things, x.add(d))
			}
		}
		if len(x.faults) >= maxFaults {
			return
		}
	}
	x.groups[p.node.ID] = g
}

// wanted evaluates when.
func (x *expansion) wanted(p *program) (keep, ok bool) {
	if p.when == nil {
		return true, true
	}
	v, err := p.when.Eval(x.scope)
	if err != nil {
		x.fault(within(p.node.When.Pos, p.node.When.Text, err), "node %s: when: %s", p.node.ID, err)
		return false, false
	}
	b, isBool := v.(bool)
	if !isBool {
		x.fault(p.node.When.Pos, "node %s: when: want true or false, got %v", p.node.ID, v)
	}
	return b, isBool
}

// choose makes the group of a SWITCH that of its choice.
func (x *expansion) choose(p *program) {
	v, err := p.choose.Eval(x.scope)
	at, _, _ := child(p.node.Config, "select")
	if err != nil {
		x.fault(within(at.Start, at.Scalar, err), "node %s: select: %s", p.node.ID, err)
		return
	}
	var names []string
	for _, in := range p.node.Inputs.Named {
		names = append(names, in.Slot)
		if in.Slot == v {
			x.groups[p.node.ID] = x.joined(p, in.Refs)
			return
		}
	}
	name, _ := v.(string)
	x.fault(at.Start, "node %s: select gives %v%s; the inputs are %v", p.node.ID, v, dag.Suggest(name, names), names)
}

func (x *expansion) joined(p *program, refs []recipe.Reference) group {
	out := group{several: len(refs) > 1}
	for _, ref := range refs {
		g := x.groups[ref.Name]
		out.things = append(out.things, g.things...)
		out.several = out.several || g.several
	}
	out.dropped = len(out.things) == 0
	return out
}

// step makes one step of a node.
func (x *expansion) step(p *program, index int, turn element) draft {
	label := p.node.ID
	if p.fanOut {
		label = fmt.Sprintf("%s[%d]", p.node.ID, index)
		x.scope["item"], x.scope["index"] = itemValue(turn), float64(index)
	}
	inputs, ok := x.bindTurn(p, label, turn)
	if !ok {
		return draft{}
	}
	config, ok := x.config(p, label)
	if !ok {
		return draft{}
	}
	canonical, err := dag.Canonical(config)
	if err != nil {
		x.fault(p.node.Pos, "%s: %v", label, err)
		return draft{}
	}
	return x.make(p, label, config, canonical, inputs)
}

// itemValue is what expressions see: the value, or nothing useful for steps.
func itemValue(e element) any {
	if e.things == nil {
		return e.value
	}
	labels := make([]any, len(e.things))
	for i, t := range e.things {
		labels[i] = t.label
	}
	return labels
}

func (x *expansion) config(p *program, label string) (map[string]any, bool) {
	value, err := p.config.eval(x.scope)
	if err != nil {
		pos := p.node.Pos
		var placed *placedError
		if errors.As(err, &placed) {
			pos = placed.pos
		}
		x.fault(pos, "%s: %s", label, err)
		return nil, false
	}
	config, _ := value.(map[string]any)
	if p.names != nil {
		named := make(map[string]any, len(config)+1)
		for key, v := range config {
			named[key] = v
		}
		named["slots"] = anyList(p.names)
		config = named
	}
	normal, err := p.typ.Normalize(config)
	if err == nil {
		return normal, true
	}
	var faults dag.ConfigErrors
	if !errors.As(err, &faults) {
		x.fault(p.node.Pos, "%s: %v", label, err)
	}
	for _, f := range faults {
		x.fault(locate(p.node.Config, f.Path, f.Unknown), "%s: %s", label, f.Error())
	}
	return nil, false
}
