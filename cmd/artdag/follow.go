package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// follower shows a job of a farm as if it ran here.
type follower struct {
	app     *app
	farm    *client.Client
	remote  remote
	show    display
	job     string // its id
	began   time.Time
	exports []string // -o flags
	fresh   bool     // submitted just now: what it executed so far is shown, too

	last  api.Job
	plan  *dag.Plan // nil until the job is planned
	steps map[dag.CacheID]*followed
	told  string // the last obstacle that was told
	// failures as they were seen, for a job whose steps are not all on record
	// when it ends.
	failures []api.StepFailure
}

// followed is a step and what was shown of it.
type followed struct {
	step           *dag.Step
	started, ended bool
}

// run blocks until the job is final, and shows how it ended. When the user
// stops waiting, the job goes on.
func (f *follower) run() error {
	err := f.farm.Watch(f.app.ctx, f.job, f.event)
	switch {
	case errors.Is(err, context.Canceled):
		f.show.close()
		fmt.Fprintf(f.app.stderr, "the job goes on; artdag watch %[1]s%[2]s shows it, artdag cancel %[1]s%[2]s stops it\n", f.remote.flags(f.app), f.job)
		return errLeft
	case err != nil:
		return onJob(err, f.job)
	}
	return f.finish()
}

// event shows what happened. A state tells of a gap, which the steps fill.
func (f *follower) event(e api.Event) error {
	if e.Job != nil {
		f.last = *e.Job
		f.obstacle()
	}
	// Until the job runs, its steps are not all on the farm.
	waits := e.Job != nil && e.Job.Status == catalog.Queued
	if !waits && f.plan == nil || e.Kind == api.State && f.plan != nil {
		if err := f.catchUp(); err != nil {
			return err
		}
	}
	if s := f.steps[e.Step]; s != nil {
		f.step(s, e)
	}
	return nil
}

// obstacle tells what keeps the job from going on, once.
func (f *follower) obstacle() {
	if what := f.last.Missing; what != f.told {
		if f.told = what; what != "" {
			f.show.note("waiting: " + what)
		}
	}
}

// catchUp reads the plan, when there is one, and shows what is done already.
func (f *follower) catchUp() error {
	steps, err := f.farm.Steps(f.app.ctx, f.job)
	if err != nil {
		return err
	}
	if f.plan == nil {
		if err := f.begin(steps); err != nil || f.plan == nil {
			return err
		}
	}
	for _, s := range steps {
		if known := f.steps[s.ID]; known != nil {
			f.step(known, eventOf(s))
		}
	}
	return nil
}

// begin shows the plan. Steps that were done before are not shown again.
func (f *follower) begin(steps []api.Step) error {
	plan, err := f.farm.Plan(f.app.ctx, f.job)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	f.plan, f.steps = plan, make(map[dag.CacheID]*followed, len(plan.Steps))
	done := make(map[dag.CacheID]bool)
	for _, s := range steps {
		done[s.ID] = s.Status == catalog.StepCached || s.Status == catalog.StepCompleted && !f.fresh
	}
	var waiting []*dag.Step
	for i := range plan.Steps {
		step := &plan.Steps[i]
		f.steps[step.ID] = &followed{step: step, started: done[step.ID], ended: done[step.ID]}
		if !done[step.ID] {
			waiting = append(waiting, step)
		}
	}
	f.show.begin(nil)
	f.show.event(engine.Event{Kind: engine.Planned, Total: len(plan.Steps), Needed: len(waiting), Waiting: waiting})
	return nil
}

// eventOf is what a step's state comes to for who did not see it happen.
func eventOf(s api.Step) api.Event {
	e := api.Event{Step: s.ID, Worker: s.Worker, Done: s.Done, Content: s.Content, Message: s.Error}
	switch s.Status {
	case catalog.StepRunning:
		e.Kind = api.StepProgress
	case catalog.StepCompleted:
		e.Kind = api.StepExecuted
	case catalog.StepCached:
		e.Kind = api.StepCached
	case catalog.StepFailed:
		e.Kind = api.StepFailed
	case catalog.StepSkipped:
		e.Kind = api.StepSkipped
	}
	if !s.Started.IsZero() && !s.Finished.IsZero() {
		e.Seconds = s.Finished.Sub(s.Started).Seconds()
	}
	return e
}

// step shows an event of a step, in an order that displays understand: each
// begins and ends once.
func (f *follower) step(s *followed, e api.Event) {
	if s.ended {
		return
	}
	shown := engine.Event{Step: s.step, Done: e.Done, Seconds: e.Seconds}
	switch e.Kind {
	case api.StepStarted, api.StepProgress:
		if !s.started {
			s.started = true
			f.show.event(engine.Event{Kind: engine.Started, Step: s.step})
		}
		if shown.Kind = engine.Progress; e.Kind == api.StepStarted || e.Done == 0 {
			return
		}
	case api.StepRetried:
		f.show.note(fmt.Sprintf("%s is tried again: %s", s.step.Label, firstLine(e.Message)))
		return
	case api.StepExecuted:
		shown.Kind, s.ended = engine.Executed, true
	case api.StepCached:
		shown.Kind, s.ended = engine.Cached, true
	case api.StepFailed:
		shown.Kind, shown.Err, s.ended = engine.Failed, errors.New(e.Message), true
		f.failures = append(f.failures, api.StepFailure{Label: s.step.Label, Type: s.step.Type, Step: s.step.ID, Message: e.Message, Worker: e.Worker})
	case api.StepSkipped:
		shown.Kind, s.ended = engine.Skipped, true
	default:
		return
	}
	f.show.event(shown)
}

// finish downloads what was asked for and shows how the job ended.
func (f *follower) finish() error {
	job, err := f.farm.Job(f.app.ctx, f.job) // with all of its outputs and failures
	if err != nil {
		return err
	}
	if len(job.Failures) == 0 {
		job.Failures = f.failures
	}
	report := reportOf(job, f.plan)
	report.Seconds = time.Since(f.began).Seconds()
	if err := f.export(job, report); err != nil {
		return err
	}
	f.show.result(ending{
		job: job.ID, plan: planOf(job, f.plan), report: report, logs: "artdag log " + f.remote.flags(f.app) + job.ID,
		farm: &job, flags: f.remote.flags(f.app),
	})
	if job.Status != catalog.Completed {
		return errReported
	}
	return nil
}

func (f *follower) export(job api.Job, report *engine.Report) error {
	if job.Status != catalog.Completed || len(f.exports) == 0 {
		return nil
	}
	wanted, err := outputsFor(f.exports, job)
	if err != nil {
		return err
	}
	paths, err := (&getter{farm: f.farm, tell: f.show.activity}).all(f.app.ctx, wanted)
	for i := range report.Outputs {
		report.Outputs[i].Path = paths[report.Outputs[i].Name]
	}
	return err
}
