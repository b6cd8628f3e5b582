package main

import (
	"context"
	"errors"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

type runCmd struct {
	shared
	recipeArgs
	Output []string `name:"output" short:"o" sep:"none" placeholder:"FILE" help:"Copy the output to FILE; NAME=FILE where the recipe has several."`
	Redo   []string `sep:"none" placeholder:"STEP" help:"Execute this step again (a label such as shots[3], a node, or a cache_id)."`
	Jobs   positive `short:"j" env:"ARTDAG_SLOTS" placeholder:"N" help:"Slots: how many steps run at once (default: one for each core)."`
	JSON   bool     `name:"json" help:"Print one JSON object a line; the last is the result."`
	Verify bool     `help:"Execute cached steps again and compare the bytes."`
}

// Run renders the recipe: plan, execute what is not known, copy the outputs.
func (c runCmd) Run(a *app) error {
	began := time.Now()
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	show := newDisplay(a, c.JSON, stopping)
	defer show.close()
	prepared, err := w.prepare(a.ctx, c.recipeArgs, slots(c.Jobs), show.activity)
	if err != nil {
		return err
	}
	exports, err := exportsOf(c.Output, prepared)
	if err != nil {
		return err
	}
	redo, err := findSteps(prepared.Plan, c.Redo)
	if err != nil {
		return err
	}
	return c.execute(w, show, prepared, exports, redo, began)
}

func (c runCmd) execute(w *workshop, show display, prepared *engine.Prepared, exports []export, redo []dag.CacheID, began time.Time) error {
	factors, err := w.timings()
	if err != nil {
		return err
	}
	job, err := w.startJob(catalog.NewJobID(began), prepared.Plan)
	if err != nil {
		return err
	}
	show.begin(factors)
	e := &engine.Engine{
		Cache: w.cache, Types: w.types, Runner: &w.tools, Slots: slots(c.Jobs), Toolchain: engine.NewToolchain(&w.tools),
		Watch: func(ev engine.Event) { job.event(ev); show.event(ev) },
	}
	report, err := e.Run(w.app.ctx, engine.Job{
		Plan: prepared.Plan, Sources: prepared.Sources, Facts: prepared.Facts, Redo: redo, Verify: c.Verify,
		Deliver: func(report *engine.Report) error { return w.export(exports, report) },
	})
	// What was done is recorded also when the run was interrupted.
	err = errors.Join(err, job.finish(report, err))
	if report == nil {
		return err
	}
	report.Seconds = time.Since(began).Seconds()
	show.result(ending{job: job.id, plan: prepared.Plan, report: report, verified: c.Verify, logs: c.logHint(w, job.id)})
	if err != nil {
		return err
	}
	return verdict(report)
}

// logHint is the command that prints logs of the job, without the step.
func (c runCmd) logHint(w *workshop, job string) string {
	if job == "" {
		return ""
	}
	hint := "artdag log "
	if c.CacheDir != "" && c.CacheDir != w.app.env["ARTDAG_CACHE_DIR"] {
		hint += "--cache-dir " + quoted(c.CacheDir) + " "
	}
	return hint + job
}

// verdict turns how the run ended into the exit code's error. The display said
// it already.
func verdict(report *engine.Report) error {
	switch report.Status {
	case engine.Interrupted:
		return errors.Join(errReported, context.Canceled)
	case engine.HasFailed:
		for _, f := range report.Failures {
			for _, kind := range missingKinds() {
				if errors.Is(f.Err, kind) {
					return errors.Join(errReported, kind)
				}
			}
		}
		return errReported
	}
	if len(report.Differed) > 0 {
		return errReported
	}
	return nil
}
