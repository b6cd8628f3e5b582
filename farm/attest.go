package farm

import (
	"bytes"
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/provenance"
)

// attest is the processor that signs how the outputs of completed jobs came to
// be, and keeps that document as content.
type attest struct {
	s     *Scheduler
	quiet time.Time // when nothing else had to be done, as far as is known
}

var _ pipeline.Processor = (*attest)(nil)

// Name is the processor's.
func (*attest) Name() string { return "provenance" }

// Trigger finds completed jobs without provenance whose steps are all recorded.
// Nobody waits for a document as people wait for a job: while many jobs are to be
// planned or ended, those come first, for half a minute at most.
func (a *attest) Trigger(ctx context.Context, cursor string) ([]pipeline.Item, string, error) {
	if !a.s.busy() {
		a.quiet = time.Now()
	} else if time.Since(a.quiet) < 30*time.Second {
		return nil, cursor, nil
	}
	jobs, err := a.s.Catalog.Unattested(ctx, time.Now().Add(-time.Minute), 20)
	var out []pipeline.Item
	for _, job := range jobs {
		out = append(out, pipeline.Item{Key: job.ID, Data: job})
	}
	return out, cursor, err
}

// Process makes the documents, some at a time, since each is synced to disk.
func (a *attest) Process(ctx context.Context, items []pipeline.Item) (catalog.Writes, error) {
	made, errs := make([]catalog.Provenance, len(items)), make([]error, len(items))
	var group errgroup.Group
	group.SetLimit(4)
	for i, item := range items {
		group.Go(func() error {
			made[i], errs[i] = a.one(ctx, item.Data.(catalog.Job))
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	var writes catalog.Writes
	failed := make(pipeline.ItemErrors)
	for i, item := range items {
		if errs[i] != nil {
			failed[item.Key] = errs[i]
		} else {
			writes.Provenance = append(writes.Provenance, made[i])
		}
	}
	if len(failed) > 0 {
		return writes, failed
	}
	return writes, nil
}

func (a *attest) one(ctx context.Context, job catalog.Job) (catalog.Provenance, error) {
	record, err := a.record(ctx, job)
	if err != nil {
		return catalog.Provenance{}, err
	}
	document, err := provenance.Sign(ctx, a.s.key, record)
	if err != nil {
		return catalog.Provenance{}, err
	}
	content, err := a.s.Put(ctx, bytes.NewReader(document), dag.ContentHash{})
	return catalog.Provenance{Job: job.ID, Content: content.Hash, CID: content.CID}, err
}

// record gathers what is known of a job.
func (a *attest) record(ctx context.Context, job catalog.Job) (provenance.Record, error) {
	r := provenance.Record{
		Job: job.ID, RunID: job.RunID, PlanID: job.PlanID, Recipe: job.Recipe, Name: job.Name, Realm: job.Realm,
		Params: job.Params, Inputs: job.Inputs, Started: job.Created, Finished: job.Finished, Farm: "urn:artdag:" + a.s.key.ID(),
	}
	plan, err := a.s.planOf(ctx, job)
	if err != nil {
		return r, err
	}
	if r.Steps, err = a.steps(ctx, job, plan); err != nil {
		return r, err
	}
	outputs, err := a.s.Catalog.JobOutputs(ctx, job.ID)
	for _, o := range outputs {
		r.Outputs = append(r.Outputs, provenance.Output{Name: o.Name, Content: o.Content, CID: o.CID})
	}
	return r, err
}

// steps are those that the outputs rest on and whose result is known: steps
// behind a known result may never have been looked at.
func (a *attest) steps(ctx context.Context, job catalog.Job, plan *planned) ([]provenance.Step, error) {
	ids := make([]dag.CacheID, len(plan.Steps))
	for i := range plan.Steps {
		ids[i] = plan.Steps[i].ID
	}
	results, err := a.s.Catalog.Results(ctx, ids)
	if err != nil {
		return nil, err
	}
	executed, err := a.executed(ctx, job)
	if err != nil {
		return nil, err
	}
	var out []provenance.Step
	for i := range plan.Steps {
		step := &plan.Steps[i]
		r, ok := results[step.ID]
		if !ok {
			continue
		}
		out = append(out, provenance.Step{
			CacheID: step.ID, ResolvedID: r.ResolvedID, Type: step.Type, Label: step.Label, Content: r.Content, Toolchain: r.Toolchain,
			Worker: r.Worker, Started: r.Recorded.Add(-r.Wall), Finished: r.Recorded, Cached: !executed[step.ID],
		})
	}
	return out, nil
}

// executed are the steps that this job executed.
func (a *attest) executed(ctx context.Context, job catalog.Job) (map[dag.CacheID]bool, error) {
	out := make(map[dag.CacheID]bool)
	for from := 0; ; {
		const page = 1000
		steps, err := a.s.Catalog.JobSteps(ctx, job.ID, from, page)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			from = step.Position + 1
			if step.Status == catalog.StepCompleted {
				out[step.CacheID] = true
			}
		}
		if len(steps) < page {
			break
		}
	}
	return out, nil
}
