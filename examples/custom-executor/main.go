// Command custom-executor is artdag with one more step type. It shows all that
// is needed: boomerang.go is the type, and the call of With below makes it
// known. Everything else here is what any program does that runs recipes.
//
//	go run ./examples/custom-executor clip.mp4 film.mp4
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
)

//go:embed boomerang.yaml
var text []byte

func main() {
	sandbox.Supervise() // first: the program may be executed again to confine a tool
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv("ARTDAG_CACHE_DIR"), os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "custom-executor: %v\n", err)
		os.Exit(1)
	}
}

// run renders the recipe of a clip into a film. Without a folder the cache is
// that of the artdag command.
func run(ctx context.Context, args []string, folder string, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: custom-executor CLIP FILM")
	}
	if folder == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		folder = filepath.Join(home, ".artdag", "cache")
	}
	builtin, err := executor.Builtin()
	if err != nil {
		return err
	}
	types, err := builtin.With(NewBoomerang())
	if err != nil {
		return err
	}
	store, err := cache.Open(folder, cache.Options{})
	if err != nil {
		return err
	}
	err = render(ctx, types, store, args[0], args[1], out)
	return errors.Join(err, store.Close())
}

func render(ctx context.Context, types *executor.Registry, store *cache.Cache, clip, film string, out io.Writer) error {
	box, err := sandbox.New(sandbox.Options{Reexec: true})
	if err != nil {
		return err
	}
	defer box.Close()
	prepared, err := prepare(ctx, types, store, box, clip)
	if err != nil {
		return err
	}
	e := &engine.Engine{Cache: store, Types: types, Runner: box, Slots: runtime.NumCPU()}
	report, err := e.Run(ctx, engine.Job{
		Plan: prepared.Plan, Sources: prepared.Sources, Facts: prepared.Facts,
		Deliver: func(r *engine.Report) error { return store.Export(ctx, r.Outputs[0].Path, film) },
	})
	if err != nil {
		return err
	}
	for _, failure := range report.Failures {
		err = errors.Join(err, failure)
	}
	fmt.Fprintf(out, "%s: %d executed, %d cached\n", report.Status, report.Executed, report.Cached)
	return err
}

// prepare turns the recipe and its input into a plan.
func prepare(ctx context.Context, types *executor.Registry, store *cache.Cache, box *sandbox.Sandbox, clip string) (*engine.Prepared, error) {
	parsed, err := recipe.Parse("boomerang.yaml", text)
	if err != nil {
		return nil, err
	}
	p := &engine.Preparer{
		Cache: store, Planner: &planner.Planner{Types: types, Features: analysis.Features()},
		Analyst: &analysis.Analyst{Run: box, Store: store, Scratch: func() (string, func(), error) {
			s, err := store.Scratch("analysis")
			if err != nil {
				return "", nil, err
			}
			return s.Dir, func() { _ = s.Close() }, nil
		}},
	}
	return p.Prepare(ctx, engine.Request{Recipe: parsed, Inputs: map[string][]string{"clip": {clip}}})
}
