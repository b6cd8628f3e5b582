package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Explanation says why a step would run.
type Explanation struct {
	Step    *dag.Step
	Known   bool      // it would not: its result is in the cache
	Nearest *dag.Step // of an earlier plan, its result known; nil when there is none
	Changes []Change  // from Nearest to Step
}

// Change is one thing that differs between two steps.
type Change struct {
	What   string   // "type", "config offset", "input 1 (video)"
	Was    string   // for people; empty where it did not exist
	Is     string   // likewise
	Behind []Change // of an input that is a step: what changed there
}

// Explain compares step with the nearest one of the older plans whose result
// is known: the one that differs in the fewest things, of equal ones that of
// the first plan. It looks first at steps of the same label, then of the same
// node, then of the same type.
func Explain(c *cache.Cache, plan *dag.Plan, step *dag.Step, older []*dag.Plan) Explanation {
	out := Explanation{Step: step}
	if _, err := c.Get(step.ID); err == nil {
		out.Known = true
		return out
	}
	is := newView(plan)
	for _, alike := range []func(*dag.Step) bool{
		func(s *dag.Step) bool { return s.Label == step.Label },
		func(s *dag.Step) bool { return s.Node == step.Node },
		func(s *dag.Step) bool { return s.TypeName() == step.TypeName() },
	} {
		if out.nearest(c, is, older, alike); out.Nearest != nil {
			return out
		}
	}
	return out
}

func (x *Explanation) nearest(c *cache.Cache, is view, older []*dag.Plan, alike func(*dag.Step) bool) {
	for _, plan := range older {
		was := newView(plan)
		for i := range plan.Steps {
			s := &plan.Steps[i]
			if s.TypeName() != x.Step.TypeName() || !alike(s) {
				continue
			}
			if _, err := c.Get(s.ID); err != nil {
				continue
			}
			changes := compare(was, is, s, x.Step, 0)
			if x.Nearest == nil || len(changes) < len(x.Changes) {
				x.Nearest, x.Changes = s, changes
			}
		}
	}
}

// view finds the steps and the names of inputs of one plan.
type view struct {
	plan  *dag.Plan
	steps map[dag.CacheID]*dag.Step
	names map[dag.ContentHash]string
}

func newView(plan *dag.Plan) view {
	v := view{plan, make(map[dag.CacheID]*dag.Step, len(plan.Steps)), make(map[dag.ContentHash]string)}
	for i := range plan.Steps {
		v.steps[plan.Steps[i].ID] = &plan.Steps[i]
	}
	for name, hashes := range plan.Inputs {
		for _, h := range hashes {
			v.names[h] = name
		}
	}
	return v
}

// maxDepth bounds how far back an input is followed; beyond it the chain says
// nothing new to a reader.
const maxDepth = 20

func compare(was, is view, a, b *dag.Step, depth int) []Change {
	var changes []Change
	if a.Type != b.Type {
		changes = append(changes, Change{What: "version of the step type", Was: a.Type, Is: b.Type})
	}
	if was.plan.Realm != is.plan.Realm {
		changes = append(changes, Change{What: "realm", Was: was.plan.Realm, Is: is.plan.Realm})
	}
	changes = append(changes, compareConfig(a.Config, b.Config)...)
	for i := range max(len(a.Inputs), len(b.Inputs)) {
		if c, differs := compareInput(was, is, a, b, i, depth); differs {
			changes = append(changes, c)
		}
	}
	return changes
}

func compareConfig(a, b json.RawMessage) []Change {
	was, err1 := dag.ReadConfig(a)
	is, err2 := dag.ReadConfig(b)
	if err1 != nil || err2 != nil {
		return nil
	}
	keys := make(map[string]bool)
	for _, m := range []map[string]any{was, is} {
		for key := range m {
			keys[key] = true
		}
	}
	var changes []Change
	for key := range keys {
		if old, now := value(was, key), value(is, key); old != now {
			changes = append(changes, Change{What: "config " + key, Was: old, Is: now})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.What, b.What) })
	return changes
}

// value writes a config value, empty when absent.
func value(config map[string]any, key string) string {
	v, ok := config[key]
	if !ok {
		return ""
	}
	text, err := dag.Canonical(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

func compareInput(was, is view, a, b *dag.Step, i, depth int) (Change, bool) {
	var old, now dag.Input
	c := Change{What: fmt.Sprintf("input %d", i+1)}
	if i < len(a.Inputs) {
		old = a.Inputs[i]
		c.Was = was.name(old)
	}
	if i < len(b.Inputs) {
		now = b.Inputs[i]
		c.Is = is.name(now)
	}
	if i < len(a.Inputs) && i < len(b.Inputs) && old == now {
		return c, false
	}
	from, to := was.steps[old.Step], is.steps[now.Step]
	if from != nil && to != nil && from.TypeName() == to.TypeName() && depth < maxDepth {
		c.Behind = compare(was, is, from, to, depth+1)
	}
	return c, true
}

// name says what an input is: a step's label, or an input's name with the
// beginning of its hash.
func (v view) name(in dag.Input) string {
	if s := v.steps[in.Step]; s != nil {
		return strings.TrimSuffix(s.Label+"/"+in.Member, "/")
	}
	if name, ok := v.names[in.Content]; ok {
		return fmt.Sprintf("%s (content %s)", name, in.Content.Short())
	}
	return "content " + in.Content.Short()
}
