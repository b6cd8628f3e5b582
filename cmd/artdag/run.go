package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor/sandbox"
)

type runCmd struct {
	shared
	recipeArgs
	Output []string `name:"output" short:"o" sep:"none" placeholder:"FILE" help:"Copy the output to FILE; NAME=FILE where the recipe has several."`
	Redo   []string `placeholder:"STEP" help:"Execute this step again (a label such as shots[3], a node, or a cache_id)."`
	Jobs   int      `short:"j" env:"ARTDAG_SLOTS" placeholder:"N" help:"Slots: how many steps run at once (default: one for each core)."`
	JSON   bool     `name:"json" help:"Print one JSON object a line; the last is the result."`
	Verify bool     `help:"Execute cached steps again and compare the bytes."`
}

// Run renders the recipe: plan, execute what is not known, copy the outputs.
func (c runCmd) Run(a *app) error {
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
	show := newDisplay(a, c.JSON)
	defer show.close()
	began := time.Now()
	prepared, r, err := w.prepare(a.ctx, c.recipeArgs, box, slots(c.Jobs), show.activity)
	if err != nil {
		return err
	}
	warn(a, r)
	exports, err := exportsOf(c.Output, prepared.Plan)
	if err != nil {
		return err
	}
	redo, err := findSteps(prepared.Plan, c.Redo)
	if err != nil {
		return err
	}
	if prepared.Plan.ID.IsZero() {
		return errors.New("the plan is empty")
	}
	return c.execute(w, box, show, prepared, exports, redo, began)
}

func (c runCmd) execute(w *workshop, box *sandbox.Sandbox, show display, prepared *engine.Prepared, exports []export, redo []dag.CacheID, began time.Time) error {
	job, err := w.startJob(catalog.NewJobID(time.Now()), prepared.Plan, "")
	if err != nil {
		return err
	}
	e := &engine.Engine{
		Cache: w.cache, Types: w.types, Runner: box, Slots: slots(c.Jobs),
		Watch: func(ev engine.Event) { job.event(ev); show.event(ev) },
	}
	report, err := e.Run(w.app.ctx, engine.Job{
		Plan: prepared.Plan, Sources: prepared.Sources, Facts: prepared.Facts, Redo: redo, Verify: c.Verify,
	})
	if err == nil && report.Status == engine.Completed {
		err = w.export(exports, report)
	}
	// What was done is recorded also when the run was interrupted.
	err = errors.Join(err, job.finish(report, err))
	if report == nil {
		return err
	}
	report.Seconds = time.Since(began).Seconds()
	show.result(job.id, prepared.Plan, report, exports)
	if err != nil {
		return err
	}
	return c.verdict(report)
}

// verdict turns how the run ended into the exit code's error. What failed was
// said already.
func (c runCmd) verdict(report *engine.Report) error {
	switch report.Status {
	case engine.Interrupted:
		return context.Canceled
	case engine.HasFailed:
		for _, f := range report.Failures {
			if errors.Is(f.Err, sandbox.ErrMissing) {
				return errors.Join(errReported, sandbox.ErrMissing)
			}
		}
		return errReported
	}
	if c.Verify && len(report.Differed) > 0 {
		return fmt.Errorf("%w: %d steps gave other bytes when they were executed again", errReported, len(report.Differed))
	}
	return nil
}

// findSteps resolves labels, nodes and identities.
func findSteps(plan *dag.Plan, names []string) ([]dag.CacheID, error) {
	var out []dag.CacheID
	for _, name := range names {
		before := len(out)
		var labels []string
		for _, s := range plan.Steps {
			labels = append(labels, s.Node)
			if s.Label == name || s.Node == name || len(name) >= 8 && hasPrefix(s.ID.String(), name) {
				out = append(out, s.ID)
			}
		}
		if len(out) == before {
			return nil, usagef("the plan has no step %s%s", name, dag.Suggest(name, labels))
		}
	}
	return out, nil
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }
