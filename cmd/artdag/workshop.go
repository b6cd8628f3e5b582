package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/effects"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
)

// workshop is the parts that commands work with, opened on one cache folder.
type workshop struct {
	app     *app
	types   *executor.Registry
	cache   *cache.Cache
	catalog *catalog.DB // nil on a read-only cache
	tools   tools
}

// registry returns the step types, with the effects of a folder of the user's
// beside those that are shipped.
func registry(folder string) (*executor.Registry, error) {
	if folder == "" {
		return executor.Builtin()
	}
	more, err := loadEffects(folder)
	if err != nil {
		return nil, err
	}
	types, err := executor.Builtin(more...)
	if err != nil {
		return nil, usageError{fmt.Errorf("--effects %s: %w", folder, err)}
	}
	return types, nil
}

// loadEffects reads a folder of the user's. One without effects is a mistake.
func loadEffects(folder string) ([]effects.Effect, error) {
	if _, err := os.Stat(folder); err != nil {
		return nil, usageError{fmt.Errorf("--effects: %w", err)}
	}
	more, err := effects.Load(os.DirFS(folder))
	if err != nil {
		return nil, usageError{fmt.Errorf("--effects %s: %w", folder, err)}
	}
	if len(more) == 0 {
		return nil, usagef("--effects %s: the folder has no effects (files named *.yaml)", folder)
	}
	return more, nil
}

// timings are the factors between estimated cost and seconds, by step type.
func (w *workshop) timings() (map[string]float64, error) {
	factors := make(map[string]float64)
	if w.catalog == nil {
		return factors, nil
	}
	timings, err := w.catalog.StepTimings(w.app.ctx)
	for typ, t := range timings {
		if t.PerCost > 0 {
			factors[typ] = t.PerCost
		}
	}
	return factors, err
}

// open opens the cache, and the catalog in it where it can be written.
func (a *app) open(s shared) (*workshop, error) {
	types, err := registry(s.Effects)
	if err != nil {
		return nil, err
	}
	dir, err := s.dir(a)
	if err != nil {
		return nil, err
	}
	limit, err := s.limit()
	if err != nil {
		return nil, err
	}
	c, err := cache.Open(dir, cache.Options{Limit: limit})
	if err != nil {
		return nil, usageError{err}
	}
	w := &workshop{app: a, types: types, cache: c}
	if !c.ReadOnly() {
		w.catalog, err = catalog.Open(a.ctx, filepath.Join(dir, "catalog.db"))
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return w, nil
}

// close closes what is open, in the order of dependency.
func (w *workshop) close() {
	w.tools.close()
	if w.catalog != nil {
		if err := w.catalog.Close(); err != nil {
			fmt.Fprintf(w.app.stderr, "artdag: %v\n", err)
		}
	}
	if err := w.cache.Close(); err != nil {
		fmt.Fprintf(w.app.stderr, "artdag: %v\n", err)
	}
}

func (w *workshop) planner() *planner.Planner {
	return &planner.Planner{Types: w.types, Features: analysis.Features()}
}

// preparer returns what turns recipes into plans. Tools run in the sandbox
// already while inputs are measured.
func (w *workshop) preparer(parallel int, watch func(string)) *engine.Preparer {
	return &engine.Preparer{
		Cache: w.cache, Planner: w.planner(), Parallel: parallel, Watch: watch,
		Analyst: &analysis.Analyst{Run: &w.tools, Store: w.cache, Scratch: w.scratch},
	}
}

// scratch makes a folder for one measurement: in the cache, or in the system's
// temporary folder when the cache is read-only.
func (w *workshop) scratch() (string, func(), error) {
	if w.cache.ReadOnly() {
		dir, err := os.MkdirTemp("", "artdag-")
		return dir, func() { _ = os.RemoveAll(dir) }, err
	}
	s, err := w.cache.Scratch("analysis")
	if err != nil {
		return "", nil, err
	}
	return s.Dir, func() { _ = s.Close() }, nil
}

// readRecipe reads and parses a recipe; "-" is not special, because messages
// need a name.
func readRecipe(file string) (*recipe.Recipe, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{fmt.Errorf("recipe: %w", err)}
	}
	return recipe.Parse(file, text)
}

// recipeArgs are the flags of every command that plans a recipe.
type recipeArgs struct {
	Recipe string            `arg:"" help:"File of the recipe."`
	Inputs []string          `name:"input" short:"i" sep:"none" placeholder:"NAME=PATH" help:"An input: a path, a folder or pattern of images, a content hash or a cid. Repeat it for an input that takes several."`
	Params map[string]string `name:"param" short:"p" mapsep:"none" placeholder:"NAME=VALUE" help:"A parameter."`
	Until  string            `placeholder:"NODE" help:"Stop at this node instead of the recipe's outputs."`
	Realm  string            `env:"ARTDAG_REALM" help:"Part of every identity: results of other realms are not shared."`
	Rehash bool              `help:"Read every input again, whatever is remembered of it."`
}

// request reads the recipe and what it was given.
func (r recipeArgs) request() (engine.Request, error) {
	parsed, err := readRecipe(r.Recipe)
	if err != nil {
		return engine.Request{}, err
	}
	inputs, err := splitPairs("-i", r.Inputs)
	if err != nil {
		return engine.Request{}, err
	}
	params, err := recipe.ReadParams(parsed, r.Params)
	if err != nil {
		return engine.Request{}, err
	}
	return engine.Request{
		Recipe: parsed, Inputs: inputs, Params: params, Realm: r.Realm, Until: r.Until, Rehash: r.Rehash,
	}, nil
}

// prepare is what run, plan and explain share: from arguments to a plan.
func (w *workshop) prepare(ctx context.Context, args recipeArgs, parallel int, watch func(string)) (*engine.Prepared, error) {
	req, err := args.request()
	if err != nil {
		return nil, err
	}
	warn(w.app, req.Recipe)
	return w.preparer(parallel, watch).Prepare(ctx, req)
}
