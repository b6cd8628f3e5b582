package main

import (
	"fmt"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// job is the record of one run; it does nothing on a read-only cache, whose
// results are known without a catalog.
type job struct {
	id       string
	recorder *engine.Recorder
}

func (w *workshop) startJob(id string, plan *dag.Plan) (*job, error) {
	if w.catalog == nil {
		return &job{id: id}, nil
	}
	r, err := engine.NewRecorder(w.app.ctx, w.catalog, w.cache.Dir(), catalog.Job{
		ID: id, RunID: plan.Run, PlanID: plan.ID, Name: plan.Name, Created: time.Now(),
		Recipe: plan.Recipe, Realm: plan.Realm, Params: plan.Params, Inputs: plan.Inputs,
	}, plan)
	return &job{id, r}, err
}

func (j *job) event(e engine.Event) {
	if j.recorder != nil {
		j.recorder.Watch(e)
	}
}

func (j *job) finish(report *engine.Report, err error) error {
	if j.recorder == nil {
		return nil
	}
	return j.recorder.Close(report, err)
}

// errNoCatalog says why there is nothing to list.
var errNoCatalog = fmt.Errorf("%w, so there is no catalog of its jobs", cache.ErrReadOnly)

// jobPlans are the plans of the last jobs, the newest first, each once.
func (w *workshop) jobPlans() ([]dag.PlanID, error) {
	const looked = 200
	if w.catalog == nil {
		return nil, nil
	}
	jobs, err := w.catalog.Jobs(w.app.ctx, catalog.Filter{}, catalog.Cursor{}, looked)
	if err != nil {
		return nil, err
	}
	var out []dag.PlanID
	seen := make(map[dag.PlanID]bool)
	for _, j := range jobs {
		if !seen[j.PlanID] && !j.PlanID.IsZero() {
			seen[j.PlanID] = true
			out = append(out, j.PlanID)
		}
	}
	return out, nil
}
