package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

type explainCmd struct {
	shared
	Recipe string            `arg:"" help:"File of the recipe."`
	Step   string            `arg:"" help:"Label of the step, such as shots[3]; its node; or its cache_id."`
	Inputs []string          `name:"input" short:"i" sep:"none" placeholder:"NAME=PATH" help:"An input, as for run."`
	Params map[string]string `name:"param" short:"p" mapsep:"none" placeholder:"NAME=VALUE" help:"A parameter."`
	Realm  string            `env:"ARTDAG_REALM" help:"Part of every identity."`
}

// Run compares the step with the nearest one whose result is known, among the
// plans of earlier jobs.
func (c explainCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	args := recipeArgs{Recipe: c.Recipe, Inputs: c.Inputs, Params: c.Params, Realm: c.Realm}
	prepared, err := w.prepare(a.ctx, args, slots(0), nil)
	if err != nil {
		return err
	}
	found, err := findSteps(prepared.Plan, []string{c.Step})
	if err != nil {
		return err
	}
	older, err := w.earlierPlans(prepared.Plan)
	if err != nil {
		return err
	}
	for i := range prepared.Plan.Steps {
		if step := &prepared.Plan.Steps[i]; slices.Contains(found, step.ID) {
			a.explain(engine.Explain(w.cache, prepared.Plan, step, older))
		}
	}
	return nil
}

func (a *app) explain(x engine.Explanation) {
	switch {
	case x.Known:
		a.printf("%s would not run: its result %s is in the cache\n", x.Step.Label, x.Step.ID.Short())
	case x.Nearest == nil:
		a.printf("%s would run: no step like it was ever executed here\n", x.Step.Label)
	case len(x.Changes) == 0:
		a.printf("%s would run: its result was known, and is in the cache no more\n", x.Step.Label)
	default:
		a.printf("%s would run. The nearest step with a known result is %s (%s); since then:\n",
			x.Step.Label, x.Nearest.Label, x.Nearest.ID.Short())
		a.changes(x.Changes, "  ")
	}
}

func (a *app) changes(changes []engine.Change, indent string) {
	for _, c := range changes {
		switch {
		case len(c.Behind) > 0:
			a.printf("%s%s, %s, changed:\n", indent, c.What, c.Is)
			a.changes(c.Behind, indent+"  ")
		case c.Was == "":
			a.printf("%s%s: %s is new\n", indent, c.What, c.Is)
		case c.Is == "":
			a.printf("%s%s: %s is gone\n", indent, c.What, c.Was)
		default:
			a.printf("%s%s: %s -> %s\n", indent, c.What, c.Was, c.Is)
		}
	}
}

// earlierPlans are those of the last jobs, the newest first: those of the same
// recipe before the others.
func (w *workshop) earlierPlans(now *dag.Plan) ([]*dag.Plan, error) {
	ids, err := w.jobPlans()
	if err != nil {
		return nil, err
	}
	var same, other []*dag.Plan
	for _, id := range ids {
		plan, err := w.plan(id)
		if errors.Is(err, cache.ErrMissing) || id == now.ID {
			continue
		}
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(plan.Name, now.Name) {
			same = append(same, plan)
		} else {
			other = append(other, plan)
		}
	}
	return append(same, other...), nil
}

// plan reads a stored plan.
func (w *workshop) plan(id dag.PlanID) (*dag.Plan, error) {
	text, err := w.cache.Plan(id)
	if err != nil {
		return nil, err
	}
	var plan dag.Plan
	return &plan, json.Unmarshal(text, &plan)
}
