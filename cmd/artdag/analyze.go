package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/executor/sandbox"
)

type analyzeCmd struct {
	shared
	What     string   `arg:"" help:"A media file, or a recipe whose inputs are given with -i."`
	Inputs   []string `name:"input" short:"i" sep:"none" placeholder:"NAME=PATH" help:"An input of the recipe."`
	Features []string `placeholder:"A,B" help:"What to measure (default: probe for a file, what it names for a recipe)."`
}

// Run prints what was measured, as JSON.
func (c analyzeCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	box, err := sandbox.New(sandbox.Options{Reexec: true})
	if err != nil {
		return err
	}
	defer box.Close()
	if r, err := c.recipe(); r != nil || err != nil {
		return c.recipeInputs(w, box, r, err)
	}
	features := c.Features
	if len(features) == 0 {
		features = []string{"probe"}
	}
	values, err := c.measure(w, box, c.What, "", features)
	if err != nil {
		return err
	}
	return printJSON(a, values)
}

// recipe parses the argument as a recipe when it looks like one by its name.
func (c analyzeCmd) recipe() (*recipe.Recipe, error) {
	if !recipeName(c.What) {
		return nil, nil
	}
	return readRecipe(c.What)
}

func (c analyzeCmd) recipeInputs(w *workshop, box *sandbox.Sandbox, r *recipe.Recipe, err error) error {
	if err != nil {
		return err
	}
	given, err := splitPairs("-i", c.Inputs)
	if err != nil {
		return err
	}
	out := make(map[string]any)
	for _, want := range r.Analysis {
		features := want.Features
		if len(c.Features) > 0 {
			features = c.Features
		}
		for _, path := range given[want.Input] {
			if out[want.Input], err = c.measure(w, box, path, kindOf(r, want.Input), features); err != nil {
				return err
			}
		}
		if len(given[want.Input]) == 0 {
			return usagef("input %s is missing: give it with -i %s=PATH", want.Input, want.Input)
		}
	}
	return printJSON(w.app, out)
}

func kindOf(r *recipe.Recipe, name string) dag.Kind {
	for _, in := range r.Inputs {
		if in.Name == name {
			return in.Kind
		}
	}
	return ""
}

func (c analyzeCmd) measure(w *workshop, box *sandbox.Sandbox, path string, kind dag.Kind, features []string) (map[string]any, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, usageError{err}
	}
	source, err := w.cache.HashSource(w.app.ctx, path, false, nil)
	if err != nil {
		return nil, err
	}
	doc, err := w.preparer(box, 1, nil).Analyst.Measure(w.app.ctx,
		analysis.Source{Path: source.Path, Hash: source.Hash, Kind: kind}, features, nil)
	return doc.Values, err
}

func printJSON(a *app, v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func recipeName(name string) bool {
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
