package main

import (
	"cmp"
	"errors"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// reportOf is how a job of a farm ended, as a run would have. plan may be nil.
func reportOf(job api.Job, plan *dag.Plan) *engine.Report {
	s := job.Steps
	r := &engine.Report{
		Status: engine.Status(job.Status), Total: s.Total, Executed: s.Executed, Cached: s.Cached, Failed: s.Failed,
		// A cancelled job leaves steps open, which a run counts as skipped.
		Skipped: s.Total - s.Executed - s.Cached - s.Failed,
	}
	for _, o := range job.Outputs {
		r.Outputs = append(r.Outputs, outputOf(o))
	}
	for _, f := range job.Failures {
		r.Failures = append(r.Failures, engine.StepError{Step: stepOf(f, plan), Err: errors.New(f.Message)})
	}
	return r
}

func outputOf(o api.Output) engine.Output {
	out := engine.Output{Name: o.Name, Content: o.Content, CID: o.CID, Size: o.Size, MediaType: o.MediaType}
	for _, m := range o.Members {
		out.Members = append(out.Members, cache.Member{Name: m.Name, Content: m.Content, CID: m.CID, Size: m.Size})
	}
	return out
}

func stepOf(f api.StepFailure, plan *dag.Plan) *dag.Step {
	if plan != nil {
		for i := range plan.Steps {
			if plan.Steps[i].ID == f.Step {
				return &plan.Steps[i]
			}
		}
	}
	return &dag.Step{ID: f.Step, Type: f.Type, Label: f.Label}
}

// planOf names the plan of a job that never got one, too.
func planOf(job api.Job, plan *dag.Plan) *dag.Plan {
	return cmp.Or(plan, &dag.Plan{ID: job.PlanID, Run: job.RunID, Name: job.Name})
}

// why says why a job ended without a step that failed.
func why(job api.Job) string {
	if job.Status == catalog.Completed || len(job.Failures) > 0 {
		return ""
	}
	return job.Error
}
