package main

import (
	"fmt"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
)

type checkCmd struct {
	Recipe  string `arg:"" help:"File of the recipe."`
	Effects string `placeholder:"DIR" help:"Folder of further effects."`
}

// Run validates everything that needs no input.
func (c checkCmd) Run(a *app) error {
	r, err := readRecipe(c.Recipe)
	if err != nil {
		return err
	}
	types, err := registry(c.Effects)
	if err != nil {
		return err
	}
	p := &planner.Planner{Types: types, Features: analysis.Features()}
	if faults := p.Check(r); len(faults) > 0 {
		return faults
	}
	warn(a, r)
	a.printf("%s is a valid recipe: %s, %s, %s, %s\n", c.Recipe, countOf(len(r.Inputs), "input"),
		countOf(len(r.Params), "parameter"), countOf(len(r.Nodes), "node"), countOf(len(r.Outputs), "output"))
	return nil
}

// warn prints the faults that do not stop a run.
func warn(a *app, r *recipe.Recipe) {
	for _, w := range r.Warnings {
		fmt.Fprintf(a.stderr, "warning: %v\n", w)
	}
}
