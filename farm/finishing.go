package farm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// finishJobs ends jobs that have no open step.
func (s *Scheduler) finishJobs(ctx context.Context) {
	s.every(ctx, 2*time.Second, "finish jobs", s.finished, func(ctx context.Context) error {
		if s.claims.Epoch() == "" {
			return nil
		}
		ids, err := s.claims.Finished(ctx)
		if err != nil {
			return err
		}
		s.endings.Store(int64(len(ids)))
		var group errgroup.Group
		group.SetLimit(4) // each waits for the catalog's disk most of the time
		for _, id := range ids {
			group.Go(func() error {
				defer s.endings.Add(-1)
				if err := s.finishOne(ctx, id); err != nil {
					s.complain("finish job "+id, err)
				}
				return nil
			})
		}
		return group.Wait()
	})
}

func (s *Scheduler) finishOne(ctx context.Context, id string) error {
	counts, err := s.claims.Job(ctx, id)
	if errors.Is(err, claim.ErrGone) {
		return s.claims.Unfinish(ctx, id)
	}
	if err != nil {
		return err
	}
	if counts.Open > 0 || !counts.Sealed {
		return s.claims.Unfinish(ctx, id) // it has work again
	}
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return err
	}
	if job.Status.Final() {
		plan, _ := s.plans.get(job.PlanID) // it may never have had one
		return s.forget(ctx, id, plan)
	}
	plan, err := s.planOf(ctx, job)
	if err != nil {
		return err
	}
	end, err := s.ending(ctx, id, plan, counts)
	if err != nil {
		return err
	}
	return s.finish(ctx, job, plan, end)
}

// ending says how a job ended.
func (s *Scheduler) ending(ctx context.Context, id string, plan *planned, counts claim.JobCounts) (catalog.Finish, error) {
	end := catalog.Finish{Status: catalog.Completed, At: time.Now()}
	end.Counts = catalog.Counts{Total: len(plan.Steps), Executed: counts.Executed, Failed: counts.Failed, Skipped: counts.Skipped}
	end.Counts.Cached = end.Counts.Total - counts.Executed - counts.Failed - counts.Skipped
	if counts.Failed > 0 {
		why, err := s.failures(ctx, id, plan)
		if err != nil {
			return end, err
		}
		end.Status, end.Error = catalog.Failed, why
	}
	outputs, err := s.outputs(ctx, plan)
	if err != nil {
		return end, err
	}
	end.Outputs = outputs
	if end.Status == catalog.Completed && len(outputs) < len(plan.Outputs) {
		return end, fmt.Errorf("farm: an output's result is not known yet")
	}
	return end, nil
}

// failures names the steps that failed, as far as Redis knows them, and records
// them, so that who sees the job end sees why.
func (s *Scheduler) failures(ctx context.Context, job string, plan *planned) (string, error) {
	ids := make([]dag.CacheID, len(plan.Steps))
	for i := range plan.Steps {
		ids[i] = plan.Steps[i].ID
	}
	states, err := s.claims.Steps(ctx, ids)
	if err != nil {
		return "", err
	}
	var why []string
	var rows []catalog.StepRecord
	for i, state := range states {
		if state.State == claim.HasFailed && len(why) < 20 {
			step := &plan.Steps[i]
			why = append(why, fmt.Sprintf("%s: %s", step.Label, state.Message))
			rows = append(rows, catalog.StepRecord{
				JobID: job, CacheID: step.ID, Position: i, Node: step.Node, Label: step.Label, Type: step.Type, Status: catalog.StepFailed,
				Message: state.Message, Started: state.Claimed, Finished: time.Now(),
			})
		}
	}
	return strings.Join(why, "\n"), s.Catalog.RecordSteps(ctx, rows)
}

// outputs returns the outputs that are known.
func (s *Scheduler) outputs(ctx context.Context, plan *planned) ([]catalog.Output, error) {
	var steps []dag.CacheID
	for _, o := range plan.Outputs {
		if !o.Input.IsSource() {
			steps = append(steps, o.Input.Step)
		}
	}
	results, err := s.index.Results(ctx, steps)
	if err != nil {
		return nil, err
	}
	var out []catalog.Output
	var hashes []dag.ContentHash
	for _, o := range plan.Outputs {
		content, ok, err := s.output(ctx, o, results)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, catalog.Output{Name: o.Name, Content: content})
			hashes = append(hashes, content)
		}
	}
	cids, err := s.index.CIDs(ctx, hashes)
	for i := range out {
		if out[i].CID = cids[out[i].Content]; out[i].CID != "" {
			continue
		}
		if item, err := s.Catalog.Item(ctx, out[i].Content); err == nil {
			out[i].CID = item.CID
		}
	}
	return out, err
}

func (s *Scheduler) output(ctx context.Context, o dag.Output, results map[dag.CacheID]dag.ContentHash) (dag.ContentHash, bool, error) {
	if o.Input.IsSource() {
		return o.Input.Content, true, nil
	}
	content, ok := results[o.Input.Step]
	if !ok || o.Input.Member == "" {
		return content, ok, nil
	}
	members, err := s.members(ctx, content)
	if err != nil {
		return content, false, err
	}
	m, ok := memberOf(members, o.Input.Member)
	return m.Content, ok, nil
}

func memberOf(members []cache.Member, name string) (cache.Member, bool) {
	for _, m := range members {
		if m.Name == name {
			return m, true
		}
	}
	return cache.Member{}, false
}

// finish records the end of a job and takes it from the farm; plan is nil when it
// has none. Another scheduler may have recorded it already.
func (s *Scheduler) finish(ctx context.Context, job catalog.Job, plan *planned, end catalog.Finish) error {
	err := s.Catalog.FinishJob(ctx, job.ID, end)
	var state *catalog.StateError
	if err != nil && !errors.As(err, &state) {
		return err
	}
	if err == nil {
		s.metrics.JobEnded(end.Status, end.Counts)
	}
	s.Logger.Info("job ended", "job", job.ID, "status", end.Status, "executed", end.Counts.Executed, "cached", end.Counts.Cached, "failed", end.Counts.Failed)
	s.noteRun(ctx, job.RunID, string(end.Status), job.ID)
	s.hub.changed(job.ID)
	s.runner.Wake("provenance")
	return s.forget(ctx, job.ID, plan)
}

// forget withdraws a job that is final from its steps.
func (s *Scheduler) forget(ctx context.Context, job string, plan *planned) error {
	if plan != nil {
		ids := make([]dag.CacheID, len(plan.Steps))
		for i := range plan.Steps {
			ids[i] = plan.Steps[i].ID
		}
		if err := s.claims.Forget(ctx, job, ids); err != nil {
			return err
		}
	}
	return s.claims.Dismiss(ctx, job, s.Classes)
}

// reopenSteps submits results again that are gone.
func (s *Scheduler) reopenSteps(ctx context.Context) {
	s.every(ctx, 5*time.Second, "reopen", s.reopened, func(ctx context.Context) error {
		if s.claims.Epoch() == "" {
			return nil
		}
		gone, err := s.claims.Reopened(ctx, 100)
		for _, g := range gone {
			err = errors.Join(err, s.reopen(ctx, g))
		}
		return err
	})
}

// reopen has a result made again for the job that misses it, with whatever of
// its ancestors is gone as well. What goes wrong here the reconciler mends.
func (s *Scheduler) reopen(ctx context.Context, g claim.Gone) error {
	job, err := s.Catalog.Job(ctx, g.Job)
	if err != nil || job.Status.Final() {
		return err
	}
	plan, err := s.planOf(ctx, job)
	if err != nil {
		return err
	}
	at, ok := plan.at[g.Producer]
	if !ok {
		return fmt.Errorf("farm: reopen %s: not a step of job %s", g.Producer.Short(), g.Job)
	}
	s.Logger.Warn("the bytes of a result are gone: made again", "job", g.Job, "step", plan.Steps[at].Label, "content", g.Content.Short())
	sent, err := s.submitter.submitFrom(ctx, g.Job, plan.Plan, []int{at})
	if err != nil {
		return err
	}
	if sent.needed == 0 { // its bytes turned up again
		return s.claims.Resettle(ctx, g.Producer)
	}
	_, err = s.claims.Seal(ctx, g.Job)
	return err
}
