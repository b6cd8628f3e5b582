package main

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
)

type analyzeCmd struct {
	shared
	What     string   `arg:"" help:"A media file, or a recipe whose inputs are given with -i."`
	Inputs   []string `name:"input" short:"i" sep:"none" placeholder:"NAME=PATH" help:"An input of the recipe, as for run."`
	Features []string `placeholder:"A,B" help:"What to measure: beats, energy, loudness, onsets, probe, scenes, silence (default: what the recipe names, else probe)."`
}

// Run prints what was measured, as JSON.
func (c analyzeCmd) Run(a *app) error {
	if err := checkFeatures(c.Features); err != nil {
		return err
	}
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	if isRecipe(c.What) {
		return c.recipe(w)
	}
	if len(c.Inputs) > 0 {
		return usagef("-i %s: %s is a media file; -i is for the inputs of a recipe", c.Inputs[0], c.What)
	}
	values, err := w.analyze(engine.Request{Recipe: &recipe.Recipe{
		File: c.What, Inputs: []recipe.Input{{Name: "file"}},
	}, Inputs: map[string][]string{"file": {c.What}}}, c.Features)
	var input *engine.InputError
	if errors.As(err, &input) {
		return usageError{input.Err}
	}
	if err != nil {
		return err
	}
	return printJSON(a, values["file"])
}

// recipe measures the inputs that are given.
func (c analyzeCmd) recipe(w *workshop) error {
	r, err := readRecipe(c.What)
	if err != nil {
		return err
	}
	given, err := splitPairs("-i", c.Inputs)
	if err != nil {
		return err
	}
	values, err := w.analyze(engine.Request{Recipe: r, Inputs: given}, c.Features)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return usagef("nothing to measure: give inputs of %s with -i NAME=PATH; it has %s", c.What, inputNames(r))
	}
	return printJSON(w.app, values)
}

func (w *workshop) analyze(req engine.Request, features []string) (map[string]any, error) {
	return w.preparer(slots(0), nil).Analyze(w.app.ctx, req, features)
}

func inputNames(r *recipe.Recipe) string {
	if len(r.Inputs) == 0 {
		return "none"
	}
	var names []string
	for _, in := range r.Inputs {
		names = append(names, in.Name)
	}
	return strings.Join(names, ", ")
}

func checkFeatures(names []string) error {
	known := analysis.Features().Names()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return usagef("there is no feature %s%s; there are %s", name, dag.Suggest(name, known), strings.Join(known, ", "))
		}
	}
	return nil
}

func printJSON(a *app, v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// isRecipe tells by the name.
func isRecipe(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
