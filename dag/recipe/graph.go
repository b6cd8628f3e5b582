package recipe

import (
	"slices"
	"strings"
)

// references checks that every name is unique and that every reference leads
// somewhere, never back to itself.
func (r *reader) references(rec *Recipe) {
	index := r.names(rec)
	inputs, nodes := inputNames(rec), nodeNames(rec)
	everything := slices.Concat(inputs, nodes)
	for _, n := range rec.Nodes {
		for _, ref := range n.dependencies() {
			if _, ok := index[ref.Name]; !ok {
				r.fault(ref.Pos, "node %s takes %s, which is neither an input nor a node%s", clip(n.ID), quoted(ref.Name), r.suggest(ref.Name, everything))
			}
		}
		r.overNodes(n, index)
	}
	for _, a := range rec.Analysis {
		if i, ok := index[a.Input]; !ok || i >= 0 {
			r.fault(a.Pos, "analysis: there is no input %s%s", quoted(a.Input), r.suggest(a.Input, inputs))
		}
	}
	for _, out := range rec.Outputs {
		if i, ok := index[out.Name]; !ok {
			r.fault(out.Pos, "outputs: there is no node %s%s", quoted(out.Name), r.suggest(out.Name, nodes))
		} else if i < 0 {
			r.fault(out.Pos, "outputs: %s is an input; only nodes are outputs", quoted(out.Name))
		}
	}
	r.cycles(rec, index)
}

func quoted(name string) string {
	if nameForm.MatchString(name) {
		return clip(name)
	}
	return "\"" + clip(name) + "\""
}

// overNodes checks that a fan-out over steps names nodes.
func (r *reader) overNodes(n Node, index map[string]int) {
	for _, ref := range n.ForEach.references() {
		if i, ok := index[ref.Name]; ok && i < 0 {
			r.fault(ref.Pos, "node %s: for_each: %s is an input; only nodes have steps to go over", clip(n.ID), quoted(ref.Name))
		}
	}
}

// names returns the index of each node by its id, and -1 for each input.
func (r *reader) names(rec *Recipe) map[string]int {
	index := make(map[string]int, len(rec.Inputs)+len(rec.Nodes))
	at := make(map[string]Pos, len(rec.Inputs))
	for _, in := range rec.Inputs {
		if first, taken := at[in.Name]; taken {
			r.fault(in.Pos, "input %s is there twice; first in line %d", clip(in.Name), first.Line)
			continue
		}
		index[in.Name], at[in.Name] = -1, in.Pos
	}
	for i, n := range rec.Nodes {
		other, taken := index[n.ID]
		switch {
		case taken && other < 0:
			r.fault(n.Pos, "node %s has the name of the input in line %d; inputs and nodes share one set of names", clip(n.ID), at[n.ID].Line)
		case taken && n.ID != "":
			r.fault(n.Pos, "node %s is there twice; first in line %d", clip(n.ID), rec.Nodes[other].Pos.Line)
		default:
			index[n.ID] = i
		}
	}
	return index
}

func inputNames(rec *Recipe) []string {
	out := make([]string, len(rec.Inputs))
	for i, in := range rec.Inputs {
		out[i] = in.Name
	}
	return out
}

func nodeNames(rec *Recipe) []string {
	out := make([]string, len(rec.Nodes))
	for i, n := range rec.Nodes {
		out[i] = n.ID
	}
	return out
}

// dependencies returns every reference of a node to an input or a node.
func (n Node) dependencies() []Reference {
	var out []Reference
	for _, ref := range n.Inputs.all() {
		if !strings.HasPrefix(ref.Name, "$") {
			out = append(out, ref)
		}
	}
	return append(out, n.ForEach.references()...)
}

func (f *ForEach) references() []Reference {
	switch {
	case f == nil || f.Expr != nil:
		return nil
	case f.Each != nil:
		return []Reference{*f.Each}
	}
	return slices.Concat(f.Zip, f.Cross)
}

// cycles reports each cycle by all its names, at the reference that closes it.
func (r *reader) cycles(rec *Recipe, index map[string]int) {
	w := newWalk(rec, index)
	w.found = func(cycle []int, back Reference) {
		if len(cycle) == 1 {
			r.fault(back.Pos, "node %s takes itself as input", rec.Nodes[cycle[0]].ID)
			return
		}
		r.fault(back.Pos, "the nodes form a cycle: %s", cycleText(rec, cycle))
	}
	w.all()
}

// cycleText names a cycle in full, up to a length that can still be read.
func cycleText(rec *Recipe, cycle []int) string {
	const most = 50
	var names []string
	for _, i := range cycle[:min(most, len(cycle))] {
		names = append(names, rec.Nodes[i].ID)
	}
	if len(cycle) > most {
		names = append(names, "...")
	}
	return strings.Join(append(names, rec.Nodes[cycle[0]].ID), " -> ")
}

// Order returns the indexes of the nodes such that every node follows those it
// depends on; otherwise in the order of the document.
func (r *Recipe) Order() []int {
	index := make(map[string]int, len(r.Nodes))
	for i, n := range r.Nodes {
		index[n.ID] = i
	}
	w := newWalk(r, index)
	w.all()
	return w.order
}

// walk visits nodes depth first, dependencies before their users.
type walk struct {
	rec   *Recipe
	index map[string]int
	depth []int // of each node in path, counted from 1; 0 before it is visited, done after
	path  []int
	order []int
	found func(cycle []int, back Reference) // nil when there are no cycles
}

const done = -1

func newWalk(rec *Recipe, index map[string]int) *walk {
	return &walk{rec: rec, index: index, depth: make([]int, len(rec.Nodes))}
}

func (w *walk) all() {
	for i := range w.rec.Nodes {
		w.node(i)
	}
}

func (w *walk) node(i int) {
	if w.depth[i] != 0 {
		return
	}
	w.path = append(w.path, i)
	w.depth[i] = len(w.path)
	for _, ref := range w.rec.Nodes[i].dependencies() {
		next, ok := w.index[ref.Name]
		if !ok || next < 0 {
			continue
		}
		if at := w.depth[next]; at > 0 && w.found != nil {
			w.found(w.path[at-1:], ref)
		}
		w.node(next)
	}
	w.path = w.path[:len(w.path)-1]
	w.depth[i] = done
	w.order = append(w.order, i)
}
