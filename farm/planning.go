package farm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
)

// planJobs plans the jobs of the channel, one after the other.
func (s *Scheduler) planJobs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-s.work:
			if err := s.planOne(ctx, id); err != nil && ctx.Err() == nil {
				s.complain("plan job "+id, err)
			}
		}
	}
}

// enqueue has a job planned; if too many wait, the reconciler comes back to it.
func (s *Scheduler) enqueue(id string) {
	select {
	case s.work <- id:
	default:
	}
}

// busy reports whether more jobs wait to be planned or ended than are done at once.
func (s *Scheduler) busy() bool { return int64(len(s.work))+s.endings.Load() > 8 }

// planOne brings a job to the farm, unless it is there or final. A job whose
// recipe or inputs are wrong ends FAILED; what may be mended by waiting is
// tried again by the reconciler.
func (s *Scheduler) planOne(ctx context.Context, id string) error {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil || job.Status.Final() {
		return err
	}
	if counts, err := s.claims.Job(ctx, id); err == nil && counts.Sealed {
		return nil // it is on the farm
	}
	mine, release, err := s.alone(ctx, "plan:"+id)
	if err != nil || !mine {
		return err
	}
	defer release()
	plan, err := s.planOf(ctx, job)
	if wrong(err) {
		return s.finish(ctx, job, nil, catalog.Finish{Status: catalog.Failed, Error: err.Error(), At: time.Now()})
	}
	if err == nil {
		_, err = s.room(ctx) // before anything is written for nothing
	}
	if err != nil {
		return err
	}
	return s.send(ctx, job, plan)
}

// wrong reports whether an error of planning is the recipe's or an input's, so
// that trying again does not help.
func wrong(err error) bool {
	var faults recipe.Faults
	var input *engine.InputError
	var missing *api.MissingError
	return errors.As(err, &faults) || errors.As(err, &input) || errors.As(err, &missing)
}

// alone takes a lock that other schedulers respect. It is lost with Redis,
// which makes two plan the same: that is no harm.
func (s *Scheduler) alone(ctx context.Context, name string) (bool, func(), error) {
	key := s.Prefix.Key("lock:" + name)
	mine, err := s.Redis.SetNX(ctx, key, s.ID, time.Minute).Result()
	if err != nil || !mine {
		return false, nil, err
	}
	keep, stop := context.WithCancel(ctx)
	go s.every(keep, 20*time.Second, "keep lock", nil, func(ctx context.Context) error {
		return s.Redis.Expire(ctx, key, time.Minute).Err()
	})
	return true, func() {
		stop()
		_ = s.Redis.Del(context.WithoutCancel(ctx), key).Err() // it expires by itself
	}, nil
}

// planOf returns the plan of a job: the one it has, or a new one.
func (s *Scheduler) planOf(ctx context.Context, job catalog.Job) (*planned, error) {
	if !job.PlanID.IsZero() {
		if plan, err := s.plans.get(job.PlanID); err == nil {
			return plan, nil
		}
	}
	if plan := s.plans.ofRun(job.RunID); plan != nil {
		return plan, s.Catalog.PlanJob(ctx, job.ID, plan.ID, len(plan.Steps))
	}
	var request api.Submission
	if err := json.Unmarshal([]byte(job.Request), &request); err != nil {
		return nil, fmt.Errorf("farm: read request of job %s: %w", job.ID, err)
	}
	parsed, err := recipe.Parse(fileOf(request), []byte(request.Recipe))
	if err != nil {
		return nil, err
	}
	release, err := s.gather(ctx, job.Inputs)
	if err != nil {
		return nil, err
	}
	defer release()
	prepared, err := s.preparer.Prepare(ctx, engine.Request{
		Recipe: parsed, Inputs: hashTexts(job.Inputs), Params: job.Params, Realm: job.Realm, Until: request.Until,
	})
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.PlanJob(ctx, job.ID, prepared.Plan.ID, len(prepared.Plan.Steps)); err != nil {
		return nil, err
	}
	return s.plans.addRun(job.RunID, prepared.Plan), nil
}

func fileOf(request api.Submission) string {
	if request.File != "" {
		return request.File
	}
	return "recipe"
}

func hashTexts(inputs map[string][]dag.ContentHash) map[string][]string {
	out := make(map[string][]string, len(inputs))
	for name, hashes := range inputs {
		for _, h := range hashes {
			out[name] = append(out[name], h.String())
		}
	}
	return out
}

// gather brings the inputs here, where they are measured, and holds them.
func (s *Scheduler) gather(ctx context.Context, inputs map[string][]dag.ContentHash) (release func(), err error) {
	hold, err := s.cache.Hold()
	if err != nil {
		return nil, err
	}
	release = func() { _ = hold.Release() }
	var missing []dag.ContentHash
	for _, hashes := range inputs {
		for _, h := range hashes {
			if err := hold.Add(dag.ContentInput(h)); err != nil {
				release()
				return nil, err
			}
			_, err := s.fetch(ctx, h)
			if errors.Is(err, catalog.ErrNotFound) {
				missing = append(missing, h)
			} else if err != nil {
				release()
				return nil, err
			}
		}
	}
	if len(missing) > 0 {
		release()
		return nil, &api.MissingError{Contents: missing}
	}
	return release, nil
}

// largePlan is a number of steps whose planning leaves more garbage than is soon
// used again: it is given back to the system, which takes some 100 ms.
const largePlan = 20_000

// send submits what of a plan has to be done, and seals the job.
func (s *Scheduler) send(ctx context.Context, job catalog.Job, plan *planned) error {
	state := claim.Active
	if job.Status == catalog.Paused {
		state = claim.Paused
	}
	if err := s.claims.Enlist(ctx, job.ID, plan.Run, claim.Priority(job.Priority), state); err != nil {
		return err
	}
	if job.Status == catalog.Queued {
		if err := s.Catalog.StartJob(ctx, job.ID, time.Now()); err != nil {
			return err
		}
	}
	sent, err := s.submitter.submit(ctx, job.ID, plan.Plan)
	if err != nil {
		return err
	}
	open, err := s.claims.Seal(ctx, job.ID)
	if err != nil {
		return err
	}
	s.Logger.Info("job submitted", "job", job.ID, "recipe", job.Name, "steps", len(plan.Steps), "needed", sent.needed, "open", open)
	if len(plan.Steps) >= largePlan {
		debug.FreeOSMemory()
	}
	s.noteRun(ctx, job.RunID, "RUNNING", job.ID)
	s.hub.changed(job.ID)
	wake(s.finished)
	return nil
}

// noteRun writes the status of a run for those who read Redis. It is a mirror:
// nothing rests on it.
func (s *Scheduler) noteRun(ctx context.Context, run dag.RunID, status, job string) {
	text, err := json.Marshal(map[string]any{"status": status, "job": job, "at": time.Now().UnixMilli()})
	if err == nil {
		err = s.Redis.Set(ctx, s.Prefix.Run(run.String()), text, 7*24*time.Hour).Err()
	}
	if err != nil {
		s.Logger.Warn("note run", "error", err)
	}
}
