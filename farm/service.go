package farm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// Submit checks what can be checked without the inputs' bytes, writes the job
// down and has it planned.
func (s *Scheduler) Submit(ctx context.Context, sub api.Submission) (api.Job, error) {
	parsed, err := recipe.Parse(fileOf(sub), []byte(sub.Recipe))
	if err != nil {
		return api.Job{}, err
	}
	if faults := s.planner.Check(parsed); len(faults) > 0 {
		return api.Job{}, faults
	}
	params, err := recipe.CheckParams(parsed, sub.Params)
	if err != nil {
		return api.Job{}, err
	}
	if err := s.checkInputs(ctx, parsed, sub); err != nil {
		return api.Job{}, err
	}
	job, err := s.newJob(parsed, sub, params)
	if err != nil {
		return api.Job{}, err
	}
	if err := s.Catalog.CreateJob(ctx, job); err != nil {
		return api.Job{}, err
	}
	s.enqueue(job.ID)
	return s.Job(ctx, job.ID)
}

func (s *Scheduler) newJob(parsed *recipe.Recipe, sub api.Submission, params map[string]any) (catalog.Job, error) {
	request, err := json.Marshal(sub)
	if err != nil {
		return catalog.Job{}, fmt.Errorf("farm: write request: %w", err)
	}
	hash, err := s.planner.RecipeHash(parsed, sub.Until)
	if err != nil {
		return catalog.Job{}, err
	}
	inputs := sub.Inputs
	if inputs == nil {
		inputs = map[string][]dag.ContentHash{}
	}
	run, err := dag.HashRun(hash, inputs, params, s.Realm)
	if err != nil {
		return catalog.Job{}, err
	}
	now := time.Now()
	priority := catalog.Priority(sub.Priority)
	if priority == "" {
		priority = catalog.Normal
	}
	return catalog.Job{
		ID: catalog.NewJobID(now), RunID: run, ActorID: sub.Actor, Name: parsed.Name, Priority: priority, Created: now, Request: string(request),
		Recipe: hash, Realm: s.Realm, Params: params, Inputs: inputs,
	}, nil
}

// checkInputs refuses names that the recipe does not have, inputs that are not
// given, and contents that the farm does not have.
func (s *Scheduler) checkInputs(ctx context.Context, parsed *recipe.Recipe, sub api.Submission) error {
	var faults recipe.Faults
	declared := make(map[string]bool)
	var names []string
	for _, in := range parsed.Inputs {
		declared[in.Name], names = true, append(names, in.Name)
		if len(sub.Inputs[in.Name]) == 0 && !in.Optional && in.Asset == nil {
			faults = append(faults, recipe.Fault{File: parsed.File, Pos: in.Pos, Message: fmt.Sprintf("input %s is not given", in.Name)})
		}
	}
	var contents []dag.ContentHash
	for name, hashes := range sub.Inputs {
		if !declared[name] {
			faults = append(faults, recipe.Fault{File: parsed.File, Message: fmt.Sprintf("there is no input %s%s", name, dag.Suggest(name, names))})
		}
		contents = append(contents, hashes...)
	}
	if len(faults) > 0 {
		return faults
	}
	had, err := s.have(ctx, contents)
	if err != nil {
		return unavailableNow(err)
	}
	missing := slices.DeleteFunc(contents, func(h dag.ContentHash) bool { return had[h] })
	if len(missing) > 0 {
		return &api.MissingError{Contents: missing}
	}
	return nil
}

// unavailableNow marks an error of a service.
func unavailableNow(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: %w", api.ErrUnavailable, err)
}

// Jobs lists jobs, the newest first.
func (s *Scheduler) Jobs(ctx context.Context, q catalog.JobQuery) ([]api.Job, error) {
	found, err := s.Catalog.ListJobs(ctx, q)
	out := make([]api.Job, len(found))
	for i, job := range found {
		out[i] = s.viewOf(ctx, job)
	}
	return out, err
}

// Job returns one with its outputs and failures.
func (s *Scheduler) Job(ctx context.Context, id string) (api.Job, error) {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return api.Job{}, err
	}
	view := s.viewOf(ctx, job)
	if job.Status == catalog.Failed {
		view.Failures = s.failuresOf(ctx, job)
	}
	if job.Status == catalog.Queued || job.Status == catalog.Running {
		view.Missing = s.missing(ctx, job)
	}
	outputs, err := s.Catalog.JobOutputs(ctx, job.ID)
	for _, o := range outputs {
		view.Outputs = append(view.Outputs, s.outputView(ctx, job, o))
	}
	return view, err
}

// viewOf is a job with what Redis knows of it, if Redis answers.
func (s *Scheduler) viewOf(ctx context.Context, job catalog.Job) api.Job {
	view := api.Job{
		ID: job.ID, RunID: job.RunID, PlanID: job.PlanID, Name: job.Name, Actor: job.ActorID, Status: job.Status, Error: job.Error,
		Priority: claim.Priority(job.Priority), Durable: job.Durable, Created: job.Created, Started: job.Started, Finished: job.Finished,
		ProvenanceCID: job.ProvenanceCID, Params: job.Params, Inputs: job.Inputs,
	}
	c := job.Counts
	view.Steps = api.Counts{Total: c.Total, Executed: c.Executed, Cached: c.Cached, Failed: c.Failed, Skipped: c.Skipped}
	if job.Status.Final() {
		return view
	}
	if live, err := s.claims.Job(ctx, job.ID); err == nil {
		view.Steps.Executed, view.Steps.Failed, view.Steps.Skipped, view.Steps.Open = live.Executed, live.Failed, live.Skipped, live.Open
		view.Steps.Running = live.Released
		if live.Sealed {
			view.Steps.Cached = max(c.Total-live.Executed-live.Failed-live.Skipped-live.Open, 0)
		}
		view.Shunned = live.Shunned
	}
	return view
}

// missing says what keeps a job from going on: Redis is full, or no living worker
// serves a class that it needs.
func (s *Scheduler) missing(ctx context.Context, job catalog.Job) string {
	if _, err := s.room(ctx); errors.Is(err, errFull) {
		return err.Error()
	}
	if job.Status == catalog.Queued {
		return ""
	}
	plan, err := s.planByJob(ctx, job.ID)
	if err != nil {
		return ""
	}
	workers, err := s.roster.workers(ctx)
	if err != nil {
		return ""
	}
	if len(workers) == 0 {
		return "no worker is alive"
	}
	var out []string
	for _, need := range s.plans.needs(plan, s.submitter.place) {
		if !slices.ContainsFunc(workers, need.metBy) {
			out = append(out, "no living worker has "+need.String())
		}
	}
	return strings.Join(out, "; ")
}

func (s *Scheduler) failuresOf(ctx context.Context, job catalog.Job) []api.StepFailure {
	var out []api.StepFailure
	for from := 0; len(out) < 20; {
		const page = 1000
		steps, err := s.Catalog.JobSteps(ctx, job.ID, from, page)
		if err != nil {
			return out
		}
		for _, step := range steps {
			from = step.Position + 1
			if step.Status == catalog.StepFailed && len(out) < 20 {
				out = append(out, api.StepFailure{Label: step.Label, Type: step.Type, Step: step.CacheID, Message: step.Message})
			}
		}
		if len(steps) < page {
			break
		}
	}
	return out
}

func (s *Scheduler) outputView(ctx context.Context, job catalog.Job, o catalog.Output) api.Output {
	view := api.Output{Name: o.Name, Content: o.Content, CID: o.CID}
	if c, err := s.describe(ctx, o.Content); err == nil {
		view.Size, view.MediaType = c.Size, c.MediaType
	}
	plan, err := s.planByJob(ctx, job.ID)
	if err != nil {
		return view
	}
	for _, planned := range plan.Outputs {
		at, ok := plan.at[planned.Input.Step]
		if planned.Name != o.Name || planned.Input.IsSource() || !ok {
			continue
		}
		view.Format = plan.Steps[at].Format
		if !plan.Steps[at].Multi || planned.Input.Member != "" {
			continue
		}
		members, err := s.members(ctx, o.Content)
		if err != nil {
			continue
		}
		view.Size = 0
		for _, m := range members {
			view.Members = append(view.Members, api.Member{Name: m.Name, Content: m.Content, CID: m.CID, Size: m.Size})
			view.Size += m.Size
		}
	}
	return view
}

// Plan returns the plan of a job.
func (s *Scheduler) Plan(ctx context.Context, id string) (*dag.Plan, error) {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	plan, err := s.planByJob(ctx, job.ID)
	if err != nil {
		return nil, err
	}
	return plan.Plan, nil
}

// Steps returns steps as they are now: from Redis while the job is open, from
// the catalog what has ended.
func (s *Scheduler) Steps(ctx context.Context, id string, from, limit int) ([]api.Step, error) {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	plan, err := s.planByJob(ctx, job.ID)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	from = min(max(from, 0), len(plan.Steps))
	part := plan.Steps[from:min(from+limit, len(plan.Steps))]
	out, ids := make([]api.Step, len(part)), make([]dag.CacheID, len(part))
	for i := range part {
		ids[i] = part[i].ID
		out[i] = api.Step{
			ID: part[i].ID, Position: from + i, Label: part[i].Label, Node: part[i].Node, Type: part[i].Type, Status: catalog.StepPending,
		}
		if job.Status.Final() {
			out[i].Status = catalog.StepCached // behind a known result, unless the catalog says more
			if job.Status != catalog.Completed {
				out[i].Status = catalog.StepSkipped
			}
		}
	}
	if err := s.recordedSteps(ctx, job.ID, from, out); err != nil {
		return nil, err
	}
	if job.Status.Final() {
		return out, nil
	}
	return out, unavailableNow(s.liveSteps(ctx, job.ID, ids, out))
}

func (s *Scheduler) recordedSteps(ctx context.Context, job string, from int, out []api.Step) error {
	rows, err := s.Catalog.JobSteps(ctx, job, from, len(out))
	if err != nil {
		return err
	}
	ids := make([]dag.CacheID, len(rows))
	for i, row := range rows {
		ids[i] = row.CacheID
	}
	made, err := s.Catalog.Results(ctx, ids)
	for _, row := range rows {
		if i := row.Position - from; i < len(out) {
			out[i].Status, out[i].Content, out[i].Error = row.Status, row.Content, row.Message
			out[i].Started, out[i].Finished, out[i].Worker = row.Started, row.Finished, made[row.CacheID].Worker
		}
	}
	return err
}

// liveSteps fills in what Redis knows. A step of an open job that the farm does
// not have was not needed: its result, or that of one behind it, is known.
func (s *Scheduler) liveSteps(ctx context.Context, job string, ids []dag.CacheID, out []api.Step) error {
	states, err := s.claims.Steps(ctx, ids)
	if err != nil {
		return err
	}
	counts, err := s.claims.Job(ctx, job)
	if err != nil && !errors.Is(err, claim.ErrGone) {
		return err
	}
	for i, state := range states {
		step := &out[i]
		step.Worker, step.Attempts = state.Worker, state.Attempts
		switch state.State {
		case claim.NoState:
			if step.Status == catalog.StepPending && counts.Sealed {
				step.Status = catalog.StepCached
			}
		case claim.Waiting:
			step.Waits = fmt.Sprintf("%d inputs", state.Missing)
		case claim.Ready:
			step.Waits = "its turn"
		case claim.Queued:
			step.Waits = "a worker"
		case claim.Claimed, claim.Running:
			step.Status, step.Started = catalog.StepRunning, state.Claimed
		case claim.HasFailed:
			step.Status, step.Error = catalog.StepFailed, state.Message
		case claim.Skipped:
			step.Status = catalog.StepSkipped
		case claim.Done:
			step.Content = state.Content
			if step.Status == catalog.StepPending {
				step.Status = catalog.StepCompleted
			}
		}
	}
	return nil
}

// Provenance returns the signed document.
func (s *Scheduler) Provenance(ctx context.Context, id string) ([]byte, error) {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	if job.Provenance.IsZero() {
		return nil, fmt.Errorf("farm: provenance of job %s: %w", job.ID, catalog.ErrNotFound)
	}
	file, _, err := s.Open(ctx, job.Provenance)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// Cancel withdraws a job. Steps that no other job wants stop within a heartbeat.
func (s *Scheduler) Cancel(ctx context.Context, id string) error {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return err
	}
	ended := s.viewOf(ctx, job).Steps
	counts := catalog.Counts{Executed: ended.Executed, Cached: ended.Cached, Failed: ended.Failed}
	if err := s.Catalog.CancelJob(ctx, job.ID, time.Now(), "cancelled", counts); err != nil {
		return err
	}
	s.metrics.JobEnded(catalog.Cancelled, counts)
	if err := s.steer(ctx, job.ID, claim.Cancelled, ""); err != nil {
		return err
	}
	s.hub.changed(job.ID)
	if job, err = s.Catalog.Job(ctx, job.ID); err != nil { // it may have been planned meanwhile
		return err
	}
	plan, _ := s.plans.get(job.PlanID) // it may have none yet
	return unavailableNow(s.forget(ctx, job.ID, plan))
}

// steer tells Redis; a job that is not there is told so when it comes.
func (s *Scheduler) steer(ctx context.Context, id string, state claim.JobState, p claim.Priority) error {
	err := s.claims.Steer(ctx, id, state, p, s.Classes)
	if errors.Is(err, claim.ErrGone) {
		return nil
	}
	return unavailableNow(err)
}

// Retry begins a job again that did not complete.
func (s *Scheduler) Retry(ctx context.Context, id string) error {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return err
	}
	if err := s.Catalog.ReopenJob(ctx, job.ID); err != nil {
		return err
	}
	s.enqueue(job.ID)
	s.hub.changed(job.ID)
	return nil
}

// Pause keeps further steps of a job from starting.
func (s *Scheduler) Pause(ctx context.Context, id string) error {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return err
	}
	if err := s.Catalog.PauseJob(ctx, job.ID); err != nil {
		return err
	}
	s.hub.changed(job.ID)
	return s.steer(ctx, job.ID, claim.Paused, "")
}

// Resume lets them start again.
func (s *Scheduler) Resume(ctx context.Context, id string) error {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return err
	}
	if err := s.Catalog.ResumeJob(ctx, job.ID); err != nil {
		return err
	}
	s.hub.changed(job.ID)
	s.enqueue(job.ID)
	return s.steer(ctx, job.ID, claim.Active, "")
}

// SetPriority changes what comes first. What is in the queue already stays
// there.
func (s *Scheduler) SetPriority(ctx context.Context, id string, p claim.Priority) error {
	job, err := s.Catalog.Job(ctx, id)
	if err != nil {
		return err
	}
	if err := s.Catalog.SetPriority(ctx, job.ID, catalog.Priority(p)); err != nil {
		return err
	}
	s.hub.changed(job.ID)
	return s.steer(ctx, job.ID, "", p)
}

// Workers lists those who perform steps, with what they run.
func (s *Scheduler) Workers(ctx context.Context) ([]api.Worker, error) {
	found, err := s.roster.workers(ctx)
	if err != nil {
		return nil, unavailableNow(err)
	}
	out := make([]api.Worker, len(found))
	for i, d := range found {
		out[i] = d.Worker
	}
	slices.SortFunc(out, func(a, b api.Worker) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// Drain tells a worker at once and, where it cannot be reached, with its next
// heartbeat.
func (s *Scheduler) Drain(ctx context.Context, worker string) error {
	d, ok, err := s.roster.find(ctx, worker)
	if err != nil {
		return unavailableNow(err)
	}
	if !ok || d.Scheduler {
		living, _ := s.roster.living(ctx) // names that help are no more than that
		return fmt.Errorf("farm: worker %s: %w; there are %s", worker, catalog.ErrNotFound, strings.Join(slices.Sorted(maps.Keys(living)), ", "))
	}
	if err := s.Redis.Set(ctx, s.Prefix.Drain(worker), "1", time.Hour).Err(); err != nil {
		return unavailableNow(err)
	}
	s.tellToDrain(ctx, d)
	return nil
}

func (s *Scheduler) tellToDrain(ctx context.Context, d description) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := tell(ctx, d.Address+"/drain", s.Token); err != nil {
		s.Logger.Info("a worker hears of its drain with its next heartbeat", "worker", d.ID, "error", err)
	}
}

// Scale says how many workers the work at hand asks for.
func (s *Scheduler) Scale(ctx context.Context, f api.Fleet) (api.Scale, error) {
	if s.claims.Epoch() == "" {
		return api.Scale{}, fmt.Errorf("farm: the scheduler has not found Redis yet: %w", api.ErrUnavailable)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	scale, err := s.demand.scale(ctx, f)
	return scale, unavailableNow(err)
}

// Ready asks everything that the farm stands on.
func (s *Scheduler) Ready(ctx context.Context) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	out := make(map[string]error)
	for name, ask := range s.services() {
		out[name] = ask(ctx)
	}
	return out
}

// services are what the farm stands on, and how each is asked whether it is
// there.
func (s *Scheduler) services() map[string]func(context.Context) error {
	out := map[string]func(context.Context) error{
		"redis": func(ctx context.Context) error {
			if err := s.Redis.Ping(ctx).Err(); err != nil {
				return err
			}
			_, err := s.room(ctx)
			return err
		},
		"catalog": func(ctx context.Context) error {
			_, err := s.Catalog.ListJobs(ctx, catalog.JobQuery{Limit: 1})
			return err
		},
	}
	if s.IPFS != nil {
		out["ipfs"] = func(ctx context.Context) error {
			_, err := s.IPFS.ID(ctx)
			return err
		}
	}
	return out
}
