package planner

import (
	"errors"
	"maps"
	"strconv"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// outputs names what the recipe asks for, or what Until does.
func (x *expansion) outputs() []dag.Output {
	refs := x.req.Recipe.Outputs
	if x.req.Until != "" {
		if !x.isNode(x.req.Until) {
			x.fault(recipe.Pos{}, "there is no node %s to stop at%s", x.req.Until, dag.Suggest(x.req.Until, x.nodeNames()))
			return nil
		}
		refs = []recipe.Reference{{Name: x.req.Until}}
	}
	var out []dag.Output
	for _, ref := range refs {
		g, known := x.groups[ref.Name]
		if !known {
			continue // its own fault is reported
		}
		if g.dropped {
			x.fault(ref.Pos, "output %s is not there in this run: its when is false", ref.Name)
		}
		out = append(out, outputsOf(ref.Name, g)...)
	}
	return out
}

// outputsOf names each thing of a group: "shots[3]" for one of several.
func outputsOf(name string, g group) []dag.Output {
	var out []dag.Output
	for i, t := range g.things {
		o := dag.Output{Name: name, Input: t.input}
		if g.several {
			o.Name += "[" + strconv.Itoa(i) + "]"
		}
		out = append(out, o)
	}
	return out
}

func (x *expansion) isNode(name string) bool {
	for _, n := range x.req.Recipe.Nodes {
		if n.ID == name {
			return true
		}
	}
	return false
}

func (x *expansion) nodeNames() []string {
	var out []string
	for _, n := range x.req.Recipe.Nodes {
		out = append(out, n.ID)
	}
	return out
}

// plan keeps the steps that the outputs need and gives the whole its
// identities.
func (x *expansion) plan(outputs []dag.Output) (*dag.Plan, error) {
	recipeHash, err := x.recipeHash()
	if err != nil {
		return nil, err
	}
	plan := &dag.Plan{
		Recipe: recipeHash, Name: x.req.Recipe.Name, Realm: x.req.Realm,
		Inputs: x.req.Inputs, Params: x.req.Params, Analysis: x.req.Documents,
		Steps: x.needed(outputs), Outputs: outputs,
	}
	types := make(map[string]bool)
	var used []string
	for _, s := range plan.Steps {
		if !types[s.Type] {
			types[s.Type] = true
			used = append(used, s.Type)
		}
	}
	var err1, err2 error
	plan.Run, err1 = dag.HashRun(plan.Recipe, plan.Inputs, plan.Params, plan.Realm)
	plan.ID, err2 = dag.HashPlan(dag.PlanInputs{
		Recipe: plan.Recipe, Inputs: plan.Inputs, Params: plan.Params,
		Analysis: plan.Analysis, Types: used, Realm: plan.Realm,
	})
	return plan, errors.Join(err1, err2)
}

// recipeHash is that of the recipe, or with Until of the recipe that asks for
// that node alone: the two make different things from the same inputs, so
// they must not share a plan_id or a run_id.
func (x *expansion) recipeHash() (dag.RecipeHash, error) {
	outputs := x.req.Recipe.Outputs
	if x.req.Until == "" || len(outputs) == 1 && outputs[0].Name == x.req.Until {
		return x.req.Recipe.Hash, nil
	}
	document := maps.Clone(x.req.Recipe.Document)
	document["outputs"] = []any{x.req.Until}
	return dag.HashRecipe(document)
}

// needed walks back from the outputs. Steps stay in their order, in which each
// follows its inputs.
func (x *expansion) needed(outputs []dag.Output) []dag.Step {
	wanted := make([]bool, len(x.steps))
	mark := func(in dag.Input) {
		if !in.IsSource() {
			wanted[x.known[in.Step]] = true
		}
	}
	for _, o := range outputs {
		mark(o.Input)
	}
	n := 0
	for i := len(x.steps) - 1; i >= 0; i-- {
		if !wanted[i] {
			continue
		}
		n++
		for _, in := range x.steps[i].Inputs {
			mark(in)
		}
	}
	if n == len(x.steps) {
		return x.steps
	}
	out := make([]dag.Step, 0, n)
	for i, s := range x.steps {
		if wanted[i] {
			out = append(out, s)
		}
	}
	return out
}

// RecipeHash is the identity of a recipe's document, or with until of the recipe
// that asks for that node alone: the first part of a run_id.
func (p *Planner) RecipeHash(r *recipe.Recipe, until string) (dag.RecipeHash, error) {
	x := &expansion{req: Request{Recipe: r, Until: until}}
	return x.recipeHash()
}
