package planner

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// thing is one file or one step's output, as something to read.
type thing struct {
	input   dag.Input
	kind    dag.Kind
	facts   *dag.Facts
	multi   bool     // a step with several outputs
	members []string // their names, where known
	label   string   // of its step, for messages
	level   int      // of its step, -1 for a source
}

// group is what stands behind a name: things in order.
type group struct {
	things  []thing
	several bool // may stand for several, even if it now has one
	dropped bool // by when, or an optional input that was not given
}

// expanded returns the things of a group as inputs of a slot that takes any
// number: a step with several known outputs stands for each of them.
func (g group) expanded() []thing {
	spread := func(t thing) bool { return t.multi && t.members != nil }
	if !slices.ContainsFunc(g.things, spread) {
		return g.things
	}
	var out []thing
	for _, t := range g.things {
		if !spread(t) {
			out = append(out, t)
			continue
		}
		for _, name := range t.members {
			out = append(out, t.member(name))
		}
	}
	return out
}

func (t thing) member(name string) thing {
	t.input.Member, t.multi, t.members = name, false, nil
	if t.kind == dag.Images {
		t.kind = dag.Image
	}
	return t
}

// item is a reference to the element of a fan-out over steps.
type item struct {
	ok    bool
	index int // -1 for $item
}

var itemForm = regexp.MustCompile(`^\$item(?:\[(\d+)\])?$`)

func itemOf(name string) item {
	m := itemForm.FindStringSubmatch(name)
	switch {
	case m == nil:
		return item{}
	case m[1] == "":
		return item{true, 0}
	}
	n, err := strconv.Atoi(m[1])
	return item{err == nil, n}
}

// element is one turn of a fan-out: a value, or steps.
type element struct {
	value  any
	things []thing
}

// elements returns the turns of a node; one, without value, for a node that
// has no for_each.
func (x *expansion) elements(p *program) ([]element, bool) {
	each := p.node.ForEach
	switch {
	case each == nil:
		return make([]element, 1), true
	case each.Expr != nil:
		return x.values(p)
	case each.Each != nil:
		return x.zipped(p, []recipe.Reference{*each.Each})
	case each.Zip != nil:
		return x.zipped(p, each.Zip)
	}
	return x.crossed(p, each.Cross)
}

func (x *expansion) values(p *program) ([]element, bool) {
	text := p.node.ForEach.Expr
	v, err := p.each.Eval(x.scope)
	if err != nil {
		x.fault(within(text.Pos, text.Text, err), "node %s: for_each: %s", p.node.ID, err)
		return nil, false
	}
	list, ok := v.([]any)
	if !ok {
		x.fault(text.Pos, "node %s: for_each: want a list, got %s", p.node.ID, show(v))
		return nil, false
	}
	if len(list) == 0 {
		x.fault(text.Pos, "node %s: for_each: the list %s is empty", p.node.ID, text.Text)
		return nil, false
	}
	out := make([]element, len(list))
	for i, item := range list {
		out[i].value = item
	}
	return out, true
}

// show names a value that is no list.
func show(v any) string {
	if _, isMap := v.(map[string]any); isMap {
		return "a map"
	}
	return fmt.Sprint(v)
}

// zipped pairs the steps of nodes one by one; their numbers must be equal.
func (x *expansion) zipped(p *program, refs []recipe.Reference) ([]element, bool) {
	lists, ok := x.lists(p, refs)
	if !ok {
		return nil, false
	}
	out := make([]element, len(lists[0]))
	for n, list := range lists {
		if len(list) != len(out) {
			x.fault(refs[n].Pos, "node %s: zip needs equal numbers: %s has %s, %s has %s",
				p.node.ID, refs[0].Name, count(len(out), "step"), refs[n].Name, count(len(list), "step"))
			return nil, false
		}
		for i, t := range list {
			out[i].things = append(out[i].things, t)
		}
	}
	return out, true
}

// crossed makes every combination; the last list varies fastest.
func (x *expansion) crossed(p *program, refs []recipe.Reference) ([]element, bool) {
	lists, ok := x.lists(p, refs)
	if !ok {
		return nil, false
	}
	out := []element{{}}
	for n, list := range lists {
		if len(out)*len(list) > maxSteps {
			x.fault(refs[n].Pos, "node %s: cross makes more than %d steps", p.node.ID, maxSteps)
			return nil, false
		}
		next := make([]element, 0, len(out)*len(list))
		for _, e := range out {
			for _, t := range list {
				next = append(next, element{things: append(e.things[:len(e.things):len(e.things)], t)})
			}
		}
		out = next
	}
	return out, true
}

func (x *expansion) lists(p *program, refs []recipe.Reference) ([][]thing, bool) {
	var out [][]thing
	for _, ref := range refs {
		g, known := x.groups[ref.Name]
		if !known {
			return nil, false // its own fault is reported
		}
		if list := g.expanded(); len(list) > 0 {
			out = append(out, list)
			continue
		}
		x.fault(ref.Pos, "node %s: for_each: %s has no steps", p.node.ID, ref.Name)
		return nil, false
	}
	return out, true
}
