package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
)

// work is a recipe to run in this process, where a whole process would hide
// what is measured: what single steps took, or the commands of their tools.
type work struct {
	recipe string // the text
	input  string // path of the input named clip
	until  string // a node to stop at
	slots  int
	wrap   func(sandbox.Runner) sandbox.Runner // nil changes nothing
	watch  func(engine.Event)                  // nil watches nothing
}

// inProcess runs the work on an empty cache, with the parts that the command
// line uses.
func (b *bench) inProcess(w work) (report *engine.Report, err error) {
	dir, err := b.folder("cache")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := cache.Open(dir, cache.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return nil, err
	}
	defer box.Close()
	return b.runIn(c, box, w)
}

func (b *bench) runIn(c *cache.Cache, box *sandbox.Sandbox, w work) (*engine.Report, error) {
	types, err := executor.Builtin()
	if err != nil {
		return nil, err
	}
	r, err := recipe.Parse("bench.yaml", []byte(w.recipe))
	if err != nil {
		return nil, err
	}
	prepared, err := preparer(c, box, types).Prepare(b.ctx, engine.Request{
		Recipe: r, Inputs: map[string][]string{"clip": {w.input}}, Until: w.until,
	})
	if err != nil {
		return nil, err
	}
	e := engine.Engine{Cache: c, Types: types, Runner: box, Slots: w.slots, Watch: w.watch}
	if w.wrap != nil {
		e.Runner = w.wrap(box)
	}
	report, err := e.Run(b.ctx, engine.Job{Plan: prepared.Plan, Sources: prepared.Sources, Facts: prepared.Facts})
	if err == nil && report.Status != engine.Completed {
		err = fmt.Errorf("the run ended as %s: %v", report.Status, report.Failures)
	}
	return report, err
}

func preparer(c *cache.Cache, run sandbox.Runner, types dag.Types) *engine.Preparer {
	return &engine.Preparer{
		Cache: c, Planner: &planner.Planner{Types: types, Features: analysis.Features()}, Parallel: 1,
		Analyst: &analysis.Analyst{Run: run, Store: c, Scratch: func() (string, func(), error) {
			s, err := c.Scratch("analysis")
			if err != nil {
				return "", nil, err
			}
			return s.Dir, func() { _ = s.Close() }, nil // goes with the cache's folder
		}},
	}
}
