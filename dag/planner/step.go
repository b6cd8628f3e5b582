package planner

import (
	"slices"
	"strconv"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// bindTurn returns the inputs of one step, in order.
func (x *expansion) bindTurn(p *program, label string, turn element) ([]thing, bool) {
	var out []thing
	ok, rest := true, 0
	for _, b := range p.binding {
		g, known := x.behind(b.ref, turn)
		if !known {
			return nil, false // its own fault is reported
		}
		things := x.fit(label, b, g)
		if things == nil && !(b.rest && g.dropped) {
			ok = false
		}
		if b.rest {
			rest += len(things)
		}
		if out == nil {
			out = things[:len(things):len(things)] // most have one group; appending copies
			continue
		}
		out = append(out, things...)
	}
	if p.names == nil && ok {
		ok = x.enough(p, label, rest)
	}
	return out, ok
}

// enough compares the number of inputs beyond the fixed slots with what the
// type takes.
func (c *compiler) enough(p *program, what string, rest int) bool {
	fixed := len(p.arity.Slots)
	switch {
	case p.arity.Rest == nil:
		return true
	case rest < p.arity.Min:
		c.fault(p.node.Pos, "%s: %s takes %d or more inputs, got %s", what, p.node.Type, fixed+p.arity.Min, orNone(fixed+rest))
		return false
	case p.arity.Max > 0 && rest > p.arity.Max:
		c.fault(p.node.Pos, "%s: %s takes at most %d inputs, got %d", what, p.node.Type, fixed+p.arity.Max, fixed+rest)
		return false
	}
	return true
}

func orNone(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// behind returns what a reference stands for in this turn.
func (x *expansion) behind(ref recipe.Reference, turn element) (group, bool) {
	if item := itemOf(ref.Name); item.ok {
		if item.index >= len(turn.things) {
			x.fault(ref.Pos, "%s: the fan-out goes over %s", ref.Name, count(len(turn.things), "node"))
			return group{}, false
		}
		return group{things: []thing{turn.things[item.index]}}, true
	}
	g, ok := x.groups[ref.Name]
	return g, ok
}

// fit returns the things of a group as inputs of one slot, or nil after a
// fault.
func (x *expansion) fit(label string, b bound, g group) []thing {
	if b.rest {
		return x.accepted(label, b, g.expanded())
	}
	switch {
	case g.dropped:
		x.fault(b.ref.Pos, "%s: input %s is %s, which is not there in this run; only inputs that take any number may vanish", label, b.slot.Name, b.ref.Name)
		return nil
	case len(g.things) != 1:
		x.fault(b.ref.Pos, "%s: input %s takes one, and %s stands for %d", label, b.slot.Name, b.ref.Name, len(g.things))
		return nil
	}
	t := g.things[0]
	if t.multi && (len(t.members) == 1 || !takesList(b.slot)) {
		if len(t.members) != 1 {
			x.fault(b.ref.Pos, "%s: input %s takes one file, and %s has several outputs", label, b.slot.Name, t.label)
			return nil
		}
		t = t.member(t.members[0])
	}
	return x.accepted(label, b, []thing{t})
}

// takesList reports whether a slot takes several outputs as one list. That
// nothing is known of their kind does not make them one file.
func takesList(s dag.Slot) bool {
	return len(s.Kinds) == 0 || slices.Contains(s.Kinds, dag.Images)
}

func (x *expansion) accepted(label string, b bound, things []thing) []thing {
	for _, t := range things {
		if !b.slot.Accepts(t.kind) {
			x.fault(b.ref.Pos, "%s: %s is %s; input %s takes %v", label, t.label, t.kind, b.slot.Name, b.slot.Kinds)
			return nil
		}
	}
	return things
}

// make states what a step is and what it will come to.
func (x *expansion) make(p *program, label string, config map[string]any, canonical []byte, things []thing) draft {
	s := dag.Step{Type: p.typ.Type(), Config: canonical, Node: p.node.ID, Label: label, Level: 0}
	kinds, facts := make([]dag.Kind, len(things)), make([]*dag.Facts, len(things))
	if len(things) > 0 {
		s.Inputs = make([]dag.Input, len(things))
	}
	for i, t := range things {
		s.Inputs[i], kinds[i], facts[i] = t.input, t.kind, t.facts
		s.Level = max(s.Level, t.level+1)
	}
	s.ID = dag.StepID(s.Type, canonical, s.Inputs, x.req.Realm)
	want, err := p.typ.Expect(config, facts)
	if err != nil {
		x.fault(p.node.Pos, "%s: %v", label, err)
		return draft{}
	}
	s.Multi, s.Members = want.Multi, want.Members
	s.Slots, s.Cost, s.Bytes = max(want.Slots, 1), want.Cost, estimate(want)
	if want.Facts != nil && !want.Multi {
		s.Format = want.Facts.Format
	}
	return draft{step: s, kind: p.typ.Output(config, kinds), facts: want.Facts, made: true}
}

// estimate guesses the bytes of the output: FFV1 keeps some 0.6 of a pixel's
// byte and a half, deliveries some 0.05; PCM has two bytes a sample. It is for
// people and for choosing where to run; nothing depends on it.
func estimate(want dag.Expectation) int64 {
	f := want.Facts
	if f == nil {
		return 0
	}
	if f.Size > 0 {
		return f.Size * int64(max(len(want.Members), 1))
	}
	total := 0.0
	if v := f.Video; v != nil {
		perPixel := 0.6
		if f.Format != "matroska" && v.Frames > 1 {
			perPixel = 0.05
		}
		total += float64(v.Width) * float64(v.Height) * float64(max(v.Frames, 1)) * perPixel
	}
	if a := f.Audio; a != nil {
		total += f.Duration * float64(a.Rate) * float64(a.Channels) * 2
	}
	return int64(total) * int64(max(len(want.Members), 1))
}
