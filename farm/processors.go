package farm

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
)

// processors makes the background work of this scheduler.
func (s *Scheduler) processors() error {
	// Its own store, since it refreshes the epoch by itself.
	done, err := claim.New(s.Redis, s.Prefix)
	if err != nil {
		return err
	}
	duties := []pipeline.Duty{
		{Processor: pipeline.NewRecord(done, (*recorded)(s), s.Catalog), Every: 5 * time.Second}, // the hub wakes it
		{Processor: &attest{s: s}, Every: 5 * time.Second},
		{Processor: pipeline.NewEvict(s.ID, s.cache, (*recorded)(s), time.Now), Every: 30 * time.Second},
		{Processor: pipeline.NewExpire(s.claims, s.Catalog, (*recorded)(s), s.Classes, 10*time.Minute, time.Now), Every: time.Minute},
	}
	if s.IPFS != nil {
		pin := pipeline.NewPin(storageIPFS, s.Catalog, (*recorded)(s), s.IPFS, time.Now)
		duties = append(duties, pipeline.Duty{Processor: pin, Every: 2 * time.Second, Timeout: time.Hour})
	}
	s.hub.completed = func() { s.runner.Wake("record") }
	s.runner, err = pipeline.New(counted{s.Catalog, s.metrics}, duties, pipeline.Options{Owner: s.ID, Log: s.Logger})
	return err
}

// storageIPFS names the node of the configuration in the catalog.
const storageIPFS = "ipfs"

// recorded is what the processors ask of a scheduler.
type recorded Scheduler

var (
	_ pipeline.Plans    = (*recorded)(nil)
	_ pipeline.JobSteps = (*recorded)(nil)
	_ pipeline.Content  = (*recorded)(nil)
	_ pipeline.Keeper   = (*recorded)(nil)
)

// Place says where a step stands in a job.
func (r *recorded) Place(ctx context.Context, job string, step dag.CacheID) (pipeline.Place, bool, error) {
	plan, err := (*Scheduler)(r).planByJob(ctx, job)
	if errors.Is(err, catalog.ErrNotFound) {
		return pipeline.Place{}, false, nil
	}
	if err != nil {
		return pipeline.Place{}, false, err
	}
	at, ok := plan.at[step]
	if !ok {
		return pipeline.Place{}, false, nil
	}
	p := &plan.Steps[at]
	return pipeline.Place{Position: at, Node: p.Node, Label: p.Label, Type: p.Type}, true, nil
}

// Steps lists the steps of a job's plan.
func (r *recorded) Steps(ctx context.Context, job string, from, most int) ([]dag.CacheID, error) {
	plan, err := (*Scheduler)(r).planByJob(ctx, job)
	if err != nil {
		return nil, err
	}
	var out []dag.CacheID
	for i := from; i < min(from+most, len(plan.Steps)); i++ {
		out = append(out, plan.Steps[i].ID)
	}
	return out, nil
}

// Open finds bytes wherever the farm has them.
func (r *recorded) Open(ctx context.Context, h dag.ContentHash) (io.ReadSeekCloser, int64, error) {
	file, content, err := (*Scheduler)(r).Open(ctx, h)
	return file, content.Size, err
}

// Keep names the inputs of open jobs. Results that an open job needs are held by
// the workers that made them.
func (r *recorded) Keep(ctx context.Context) ([]dag.Input, error) {
	var out []dag.Input
	for after := ""; ; {
		const page = 200
		jobs, err := r.Catalog.OpenJobs(ctx, after, page)
		if err != nil {
			return nil, err
		}
		for _, job := range jobs {
			after = job.ID
			for _, hashes := range job.Inputs {
				for _, h := range hashes {
					out = append(out, dag.ContentInput(h))
				}
			}
		}
		if len(jobs) < page {
			return out, nil
		}
	}
}

// planByJob returns the plan of a job that has one.
func (s *Scheduler) planByJob(ctx context.Context, id string) (*planned, error) {
	plan, ok := s.plans.of(id)
	if ok {
		return s.plans.get(plan)
	}
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	if job.PlanID.IsZero() {
		return nil, catalog.ErrNotFound
	}
	s.plans.note(id, job.PlanID)
	return s.planOf(ctx, job)
}
