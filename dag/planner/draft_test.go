package planner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// fanOut is a recipe of many cuts, whose offset is an expression.
func fanOut(t *testing.T, n int, offset string) *recipe.Recipe {
	t.Helper()
	return parse(t, fmt.Sprintf(head+`  - {id: s, for_each: "range(%d)", type: SEGMENT, config: {offset: "${%s}"}, inputs: [video]}
outputs: [s]`, n, offset))
}

// refusing is the planner of the tests with what SEGMENT says to each cut.
func refusing(refuse func(offset float64) error) *Planner {
	p, types := testPlanner(), testTypes()
	segment := types["SEGMENT"]
	segment.refuse = func(config map[string]any, _ []*dag.Facts) error { return refuse(config["offset"].(float64)) }
	types["SEGMENT"] = segment
	p.Types = types
	return p
}

// Several goroutines make the steps of a node: their order is that of the list,
// and the same work is one step, wherever it stands.
func TestManyStepsAreInOrder(t *testing.T) {
	t.Parallel()
	const n = 2*draftsAtOnce + 100
	plan, err := testPlanner().Plan(t.Context(), request(fanOut(t, n, "item / 10000")))
	if err != nil || len(plan.Steps) != n {
		t.Fatalf("%d steps, %v", len(plan.Steps), err)
	}
	for i, s := range plan.Steps {
		if label := fmt.Sprintf("s[%d]", i); s.Label != label || plan.Outputs[i].Input.Step != s.ID {
			t.Fatalf("step %d is %s, output %d is %s; want both %s", i, s.Label, i, plan.Outputs[i].Name, label)
		}
	}
	again, err := testPlanner().Plan(t.Context(), request(fanOut(t, n, "mod(item, 3)")))
	if err != nil || len(again.Steps) != 3 || again.Steps[2].Label != "s[2]" || len(again.Outputs) != n {
		t.Errorf("work that repeats: %d steps, %d outputs, %v; want 3, %d", len(again.Steps), len(again.Outputs), err, n)
	}
}

func TestFaultsOfManyStepsAreThoseOfTheFirst(t *testing.T) {
	t.Parallel()
	p := refusing(func(offset float64) error {
		if offset < 50 {
			return nil
		}
		return fmt.Errorf("no %v", offset)
	})
	_, err := p.Plan(t.Context(), request(fanOut(t, 1000, "item")))
	var faults recipe.Faults
	if !errors.As(err, &faults) || len(faults) != maxFaults {
		t.Fatalf("%d faults, want %d: %v", len(faults), maxFaults, err)
	}
	for i, f := range faults {
		if want := fmt.Sprintf("s[%d]: no %d", 50+i, 50+i); !strings.Contains(f.Message, want) {
			t.Fatalf("fault %d is %q, want %q", i, f.Message, want)
		}
	}
}

func TestPlanningStopsWithinANode(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var made atomic.Int64
	p := refusing(func(float64) error { made.Add(1); cancel(); return nil })
	plan, err := p.Plan(ctx, request(fanOut(t, 10*draftsAtOnce, "item")))
	if !errors.Is(err, context.Canceled) || made.Load() > draftsAtOnce {
		t.Errorf("after it was told to stop: %v, %v, %d steps were looked at", plan, err, made.Load())
	}
}

// A panic of a type reaches who asked for the plan, and does not end the process.
func TestPanicOfATypeReachesTheCaller(t *testing.T) {
	t.Parallel()
	defer func() {
		if thrown := recover(); thrown != "broken type" {
			t.Errorf("got %v", thrown)
		}
	}()
	_, err := refusing(func(float64) error { panic("broken type") }).Plan(t.Context(), request(fanOut(t, 1000, "item")))
	t.Errorf("no panic, %v", err)
}
