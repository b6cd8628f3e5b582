package engine

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// explained explains the last step of a plan and writes the changes in a line.
func explained(b bench, plan *dag.Plan, older ...*dag.Plan) (Explanation, string) {
	x := Explain(b.Cache, plan, &plan.Steps[len(plan.Steps)-1], older)
	return x, changesText(x.Changes)
}

func changesText(changes []Change) string {
	var all []string
	for _, c := range changes {
		text := c.What + ": " + c.Was + " -> " + c.Is
		if len(c.Behind) > 0 {
			text += " {" + changesText(c.Behind) + "}"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

func TestExplainSaysWhatChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	old := planOf(t, "a", "b <- a", "c <- b")
	b.run(Job{Plan: old})
	for name, test := range map[string]struct {
		plan *dag.Plan
		want string
	}{
		"config":   {planOf(t, "a", "b <- a", `c <- b | {"text":"C"}`), `config text: "c" -> "C"`},
		"upstream": {planOf(t, `a | {"text":"A"}`, "b <- a", "c <- b"), `input 1: b -> b {input 1: a -> a {config text: "a" -> "A"}}`},
		"new":      {planOf(t, "a", "b <- a", "c <- b a"), "input 2:  -> a"},
		"gone":     {planOf(t, "a", "b <- a", "c"), "input 1: b -> "},
	} {
		x, got := explained(b, test.plan, old)
		if x.Known || x.Nearest == nil || x.Nearest.Label != "c" || got != test.want {
			t.Errorf("%s: known %v, nearest %v, changes %q; want %q", name, x.Known, x.Nearest, got, test.want)
		}
	}
}

func TestExplainOfInputsNamesThemWithTheirContent(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	plan := func(content byte) *dag.Plan {
		hash := dag.ContentHash{content}
		p := planOf(t, "a")
		p.Inputs = map[string][]dag.ContentHash{"song": {hash}}
		s := &p.Steps[0]
		s.Inputs = []dag.Input{dag.ContentInput(hash)}
		s.ID = dag.StepID(s.Type, s.Config, s.Inputs, "")
		return p
	}
	old := plan(1)
	if _, err := b.Cache.Link(old.Steps[0].ID, b.made()); err != nil {
		t.Fatal(err)
	}
	if _, got := explained(b, plan(2), old); got != "input 1: song (content 01000000) -> song (content 02000000)" {
		t.Errorf("got %q", got)
	}
}

// made is some result.
func (b bench) made() *cache.Entry {
	b.t.Helper()
	plan := planOf(b.t, "anything")
	b.run(Job{Plan: plan})
	e, err := b.Cache.Get(plan.Steps[0].ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func TestExplainKnownAndUnheardOf(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	plan := planOf(t, "a", "b <- a")
	if x, _ := explained(b, plan); x.Known || x.Nearest != nil {
		t.Errorf("before anything ran: %+v", x)
	}
	if x, _ := explained(b, plan, planOf(t, "z")); x.Nearest != nil {
		t.Errorf("the nearest is one whose result is not known: %+v", x.Nearest)
	}
	b.run(Job{Plan: plan})
	if x, _ := explained(b, plan); !x.Known {
		t.Error("after the run the step is not known")
	}
}
