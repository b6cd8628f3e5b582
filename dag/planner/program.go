package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/expr"
	"github.com/artdag/artdag/dag/recipe"
)

// switchType chooses one of its inputs at plan time and leaves no step.
const switchType = "SWITCH"

// program is a node compiled.
type program struct {
	node    *recipe.Node
	typ     dag.Type // nil for SWITCH
	arity   dag.Arity
	config  template
	when    *expr.Program
	each    *expr.Program
	choose  *expr.Program // SWITCH
	binding []bound       // inputs in the order of the identity
	names   []string      // of the inputs of a Named type given as a map
	fanOut  bool
}

// bound is one slot of a node with what was written for it.
type bound struct {
	slot dag.Slot
	rest bool // takes any number
	ref  recipe.Reference
}

// compiler turns nodes into programs and gathers faults.
type compiler struct {
	planner *Planner
	recipe  *recipe.Recipe
	env     expr.Env
	faults  recipe.Faults
}

func (c *compiler) fault(pos recipe.Pos, format string, args ...any) {
	c.faults = append(c.faults, recipe.Fault{File: c.recipe.File, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// compile returns the programs of all nodes, in topological order.
func (p *Planner) compile(r *recipe.Recipe) ([]*program, recipe.Faults) {
	c := &compiler{planner: p, recipe: r, env: p.environment(r)}
	c.features()
	var out []*program
	for _, i := range r.Order() {
		out = append(out, c.node(&r.Nodes[i]))
	}
	return out, c.faults
}

func (c *compiler) features() {
	for _, a := range c.recipe.Analysis {
		for _, feature := range a.Features {
			if _, ok := c.planner.Features.Fields(feature); !ok {
				names := c.planner.Features.Names()
				c.fault(a.Pos, "there is no feature %s%s; there are %v", feature, dag.Suggest(feature, names), names)
			}
		}
	}
}

func (c *compiler) node(n *recipe.Node) *program {
	p := &program{node: n, fanOut: n.ForEach != nil}
	if n.When != nil {
		p.when = c.bare(*n.When, c.env)
	}
	if n.ForEach != nil && n.ForEach.Expr != nil {
		p.each = c.bare(*n.ForEach.Expr, c.env)
	}
	env := c.env
	if p.fanOut {
		env = inFanOut(env)
	}
	if n.Type == switchType {
		c.switchNode(p, env)
		return p
	}
	typ, ok := c.planner.Types.Lookup(n.Type)
	if !ok {
		names := append(c.planner.Types.Names(), switchType)
		c.fault(n.Pos, "node %s: there is no step type %q%s", n.ID, n.Type, dag.Suggest(n.Type, names))
		return p
	}
	p.typ, p.arity = typ, typ.Inputs()
	p.config = c.value(n.Config, env)
	c.bind(p)
	return p
}

func (c *compiler) bare(text recipe.Text, env expr.Env) *expr.Program {
	p, err := expr.Compile(text.Text, env)
	if err != nil && expr.HasExpression(text.Text) {
		c.fault(text.Pos, "this is an expression already; write it without ${ }")
		return nil
	}
	if err != nil {
		c.fault(within(text.Pos, text.Text, err), "%s", err)
		return nil
	}
	return p
}

// switchNode compiles the choice. Its config is select alone.
func (c *compiler) switchNode(p *program, env expr.Env) {
	n := p.node
	for _, f := range n.Config.Fields {
		s, ok := f.Value.Scalar.(string)
		switch {
		case f.Key != "select":
			c.fault(f.Pos, "node %s: unknown key %s; SWITCH has select alone", n.ID, f.Key)
		case !ok:
			c.fault(f.Value.Pos, "node %s: select: want an expression that gives the name of an input", n.ID)
		default:
			p.choose = c.bare(recipe.Text{Text: s, Pos: f.Value.Start}, env)
		}
	}
	if !slices.ContainsFunc(n.Config.Fields, func(f recipe.Field) bool { return f.Key == "select" }) {
		c.fault(n.Pos, "node %s: SWITCH needs config: {select: EXPRESSION}", n.ID)
	}
	if len(n.Inputs.Named) == 0 {
		c.fault(n.Pos, "node %s: SWITCH needs inputs with names: {day: a, night: b}", n.ID)
	}
	if p.fanOut {
		c.fault(n.Pos, "node %s: SWITCH cannot have for_each; give it to the nodes it chooses from", n.ID)
	}
}

// bind assigns what is written under inputs to the slots of the type.
func (c *compiler) bind(p *program) {
	in := p.node.Inputs
	if len(in.Named) > 0 {
		c.bindNamed(p)
		return
	}
	slots := p.arity.Slots
	for i, ref := range in.List {
		switch {
		case i < len(slots):
			p.binding = append(p.binding, bound{slots[i], false, ref})
		case p.arity.Rest != nil:
			p.binding = append(p.binding, bound{*p.arity.Rest, true, ref})
		default:
			c.fault(ref.Pos, "node %s: %s takes %s, got %d", p.node.ID, p.node.Type, count(len(slots), "input"), len(in.List))
			return
		}
	}
	if len(in.List) < len(slots) {
		missing := slots[len(in.List)]
		c.fault(p.node.Pos, "node %s: input %s is missing: %s", p.node.ID, missing.Name, missing.Doc)
	}
}

func (c *compiler) bindNamed(p *program) {
	if p.arity.Named {
		c.bindFree(p)
		return
	}
	given := make(map[string]recipe.NamedInput)
	var names []string
	for _, s := range p.arity.Slots {
		names = append(names, s.Name)
	}
	if p.arity.Rest != nil {
		names = append(names, p.arity.Rest.Name)
	}
	for _, in := range p.node.Inputs.Named {
		if !slices.Contains(names, in.Slot) {
			c.fault(place(in, p.node), "node %s: %s has no input named %s%s; it has %v",
				p.node.ID, p.node.Type, in.Slot, dag.Suggest(in.Slot, names), names)
		}
		given[in.Slot] = in
	}
	for _, s := range p.arity.Slots {
		in, ok := given[s.Name]
		if !ok {
			c.fault(p.node.Pos, "node %s: input %s is missing: %s", p.node.ID, s.Name, s.Doc)
		}
		for i, ref := range in.Refs {
			if i > 0 {
				c.fault(ref.Pos, "node %s: input %s takes one, got %d", p.node.ID, s.Name, len(in.Refs))
			}
			p.binding = append(p.binding, bound{s, false, ref})
		}
	}
	if p.arity.Rest == nil {
		return
	}
	for _, ref := range given[p.arity.Rest.Name].Refs {
		p.binding = append(p.binding, bound{*p.arity.Rest, true, ref})
	}
}

// bindFree orders inputs with free names by name; the names become part of
// the config.
func (c *compiler) bindFree(p *program) {
	named := slices.Clone(p.node.Inputs.Named)
	slices.SortFunc(named, func(a, b recipe.NamedInput) int { return strings.Compare(a.Slot, b.Slot) })
	for _, in := range named {
		slot := dag.Slot{Name: in.Slot}
		for _, s := range p.arity.Slots {
			if s.Name == in.Slot {
				slot = s
			}
		}
		for _, ref := range in.Refs {
			p.names = append(p.names, in.Slot)
			p.binding = append(p.binding, bound{slot, false, ref})
		}
	}
	for _, s := range p.arity.Slots {
		if !slices.Contains(p.names, s.Name) {
			c.fault(p.node.Pos, "node %s: input %s is missing: %s", p.node.ID, s.Name, s.Doc)
		}
	}
	if f, _, ok := child(p.node.Config, "slots"); ok {
		c.fault(f.Pos, "node %s: slots is filled in from the names of the inputs; leave it out", p.node.ID)
	}
}

func place(in recipe.NamedInput, n *recipe.Node) recipe.Pos {
	if len(in.Refs) > 0 {
		return in.Refs[0].Pos
	}
	return n.Pos
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
