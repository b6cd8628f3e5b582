package farm

import (
	"maps"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
)

// Classes are the resource classes of a farm where nothing else is said.
func Classes() []string { return []string{"cpu", "blender", "gpu"} }

// placed is what an executor may say about the workers that it needs.
type placed interface {
	// Place returns the resource class and the tags that a worker must have.
	Place(config map[string]any) (class string, tags []string)
}

// placeOf returns the class and the tags of a step: what its executor says,
// "blender" for BLENDER, else "cpu".
func placeOf(types *executor.Registry) func(*dag.Step) (string, []string) {
	return func(step *dag.Step) (string, []string) {
		typ, ok := types.Get(step.TypeName())
		if !ok {
			return "cpu", nil
		}
		if p, ok := typ.(placed); ok {
			config, err := dag.ReadConfig(step.Config)
			if err == nil {
				return p.Place(config)
			}
		}
		if step.TypeName() == "BLENDER" {
			return "blender", nil
		}
		return "cpu", nil
	}
}

// need is what a step asks of a worker: a place, and that it knows a type.
type need struct {
	place
	typ string // versioned
}

// place is what work of any type asks of a worker.
type place struct{ class, tags string } // tags divided by commas

// String names it for people.
func (n need) String() string {
	out := "class " + n.class
	if n.tags != "" {
		out += " and tags " + n.tags
	}
	return out + " and knows " + n.typ
}

func (n need) metBy(w description) bool {
	return n.place.metBy(w) && slices.Contains(w.Types, n.typ)
}

func (p place) metBy(w description) bool {
	if !slices.Contains(w.Classes, p.class) {
		return false
	}
	for tag := range strings.SplitSeq(p.tags, ",") {
		if tag != "" && !slices.Contains(w.Tags, tag) {
			return false
		}
	}
	return true
}

// needs returns what the steps of a plan ask of workers, each once.
func (p *plans) needs(plan *planned, at func(*dag.Step) (string, []string)) []need {
	p.mu.Lock()
	defer p.mu.Unlock()
	if plan.needs == nil {
		seen := make(map[need]bool)
		for i := range plan.Steps {
			class, tags := at(&plan.Steps[i])
			seen[need{place{class, strings.Join(tags, ",")}, plan.Steps[i].Type}] = true
		}
		plan.needs = slices.Collect(maps.Keys(seen))
	}
	return plan.needs
}

// versioned are the types of a registry with their versions, sorted.
func versioned(types *executor.Registry) []string {
	var out []string
	for _, name := range types.Names() {
		if typ, ok := types.Get(name); ok {
			out = append(out, typ.Type())
		}
	}
	return out
}
