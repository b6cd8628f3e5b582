package planner

import (
	"cmp"
	"errors"
	"slices"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// Check validates everything that needs no input: types, inputs and their
// kinds, expressions, and configs as far as they are constant. It returns
// every fault, none when the recipe is valid.
func (p *Planner) Check(r *recipe.Recipe) recipe.Faults {
	programs, faults := p.compile(r)
	c := &checker{compiler: compiler{planner: p, recipe: r, faults: faults}, kinds: make(map[string]dag.Kind), several: make(map[string]bool), exact: make(map[string]bool)}
	for _, in := range r.Inputs {
		c.kinds[in.Name] = in.Kind
		c.several[in.Name] = in.Many
		c.exact[in.Name] = !in.Many && !in.Optional && in.Kind != dag.Images
	}
	for _, prog := range programs {
		c.node(prog)
	}
	return sorted(c.faults)
}

// checker follows kinds through the graph.
type checker struct {
	compiler
	kinds   map[string]dag.Kind
	several map[string]bool // a name that may stand for several steps
	exact   map[string]bool // a name that stands for one thing, whatever the inputs
}

func (c *checker) node(p *program) {
	c.several[p.node.ID] = p.fanOut
	if p.typ == nil {
		c.kinds[p.node.ID] = c.switchKind(p)
		return
	}
	var kinds []dag.Kind
	for _, b := range p.binding {
		kinds = append(kinds, c.kind(p, b))
	}
	c.kinds[p.node.ID] = dag.Data
	if config := c.config(p); config != nil && c.count(p) {
		c.kinds[p.node.ID] = p.typ.Output(config, kinds)
	}
	c.exact[p.node.ID] = !p.fanOut && p.when == nil && oneFile(c.kinds[p.node.ID])
}

// oneFile reports whether a step with an output of this kind has no other.
func oneFile(k dag.Kind) bool {
	return k == dag.Video || k == dag.Audio || k == dag.Image || k == dag.Blend
}

// count refuses a wrong number of inputs, where it is known already.
func (c *checker) count(p *program) bool {
	if len(p.binding) < len(p.arity.Slots) {
		return false // reported
	}
	rest := 0
	for _, b := range p.binding {
		if b.rest && !c.exact[b.ref.Name] {
			return true
		}
		if b.rest {
			rest++
		}
	}
	return p.names != nil || c.enough(p, "node "+p.node.ID, rest)
}

// kind returns the kind of one input and refuses what its slot does not take.
func (c *checker) kind(p *program, b bound) dag.Kind {
	name := b.ref.Name
	if item := itemOf(name); item.ok {
		return c.itemKind(p, item)
	}
	k := c.kinds[name]
	if k == "" {
		return dag.Data
	}
	one := k
	if k == dag.Images && b.rest {
		one = dag.Image
	}
	if !b.slot.Accepts(k) && !b.slot.Accepts(one) {
		c.fault(b.ref.Pos, "node %s: input %s is %s; %s takes %v", p.node.ID, name, k, b.slot.Name, b.slot.Kinds)
	}
	if c.several[name] && !b.rest {
		c.fault(b.ref.Pos, "node %s: %s stands for several; input %s takes one (use for_each, or a type such as SEQUENCE that takes any number)",
			p.node.ID, name, b.slot.Name)
	}
	return one
}

func (c *checker) itemKind(p *program, item item) dag.Kind {
	each := p.node.ForEach
	if each == nil || each.Expr != nil {
		return dag.Data
	}
	names := each.Zip
	if each.Each != nil {
		names = []recipe.Reference{*each.Each}
	} else if len(names) == 0 {
		names = each.Cross
	}
	if item.index < len(names) {
		if k, ok := c.kinds[names[item.index].Name]; ok {
			return k
		}
	}
	return dag.Data
}

// switchKind is the kind of all the choices, or data when they differ.
func (c *checker) switchKind(p *program) dag.Kind {
	kind := dag.Kind("")
	for _, in := range p.node.Inputs.Named {
		for _, ref := range in.Refs {
			k := c.kinds[ref.Name]
			if kind != "" && k != kind {
				return dag.Data
			}
			kind = k
			c.several[p.node.ID] = c.several[p.node.ID] || c.several[ref.Name]
		}
	}
	return kind
}

// config normalises the constant part. It returns nil when that has faults or
// cannot be told yet.
func (c *checker) config(p *program) map[string]any {
	plain := make(map[string]any)
	open := make(map[string]bool)
	for _, f := range p.config.fields {
		if f.value.dynamic {
			open[f.key] = true
		} else {
			plain[f.key] = f.value.constant
		}
	}
	if p.names != nil {
		plain["slots"] = anyList(p.names)
	}
	// Keys with expressions are declared but unknown: null stands for absent,
	// and still tells an unknown key from a known one.
	for key := range open {
		plain[key] = nil
	}
	normal, err := p.typ.Normalize(plain)
	var faults dag.ConfigErrors
	if errors.As(err, &faults) {
		for _, f := range faults {
			if len(open) > 0 && !certain(f, open) {
				continue
			}
			c.fault(locate(p.node.Config, f.Path, f.Unknown), "node %s: %s", p.node.ID, f.Error())
		}
		return nil
	}
	if err != nil {
		c.fault(p.node.Pos, "node %s: %v", p.node.ID, err)
	}
	return normal
}

// certain reports whether a fault stays whatever the open keys turn out to be.
// What one key says of another does not: target_size: explicit needs a size,
// and the size may be an expression.
func certain(f dag.ConfigError, open map[string]bool) bool {
	return f.Unknown || f.Form && len(f.Path) > 0 && !open[f.Path[0]]
}

// sorted puts faults in the order of the document, each once.
func sorted(faults recipe.Faults) recipe.Faults {
	slices.SortStableFunc(faults, func(a, b recipe.Fault) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return slices.Compact(faults)
}

func anyList(names []string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = name
	}
	return out
}
