package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Most bytes of a submission: a recipe of 8 MiB, escaped, and its inputs.
const maxSubmission = 64 << 20

func (r *routes) jobs(api huma.API) {
	submit := operation("submit-job", http.MethodPost, base+"/jobs", "Submit a job")
	submit.DefaultStatus, submit.MaxBodyBytes = http.StatusCreated, maxSubmission
	operate(r, api, submit, r.submit)
	operate(r, api, operation("list-jobs", http.MethodGet, base+"/jobs", "List jobs, the newest first"), r.list)
	operate(r, api, operation("get-job", http.MethodGet, jobPath(""), "Show a job"), r.job)
	operate(r, api, operation("get-run", http.MethodGet, jobPath("/run"), "Show the run that a job asks for"), r.run)
	operate(r, api, operation("get-plan", http.MethodGet, jobPath("/plan"), "Show the plan of a job"), r.plan)
	operate(r, api, operation("get-provenance", http.MethodGet, jobPath("/provenance"), "Show how a job's outputs came to be"), r.provenance)
}

// submitted is the answer to a submission.
type submitted struct {
	Location string `header:"Location"`
	Body     Job
}

func (r *routes) submit(ctx context.Context, in *struct{ Body Submission }) (*submitted, error) {
	in.Body.Actor = callerOf(ctx).actor
	if in.Body.Priority == "" {
		in.Body.Priority = claim.Default
	}
	job, err := r.farm.Submit(ctx, in.Body)
	return &submitted{base + "/jobs/" + job.ID, job}, err
}

func (r *routes) job(ctx context.Context, in *OfJob) (*answer[Job], error) {
	job, err := r.farm.Job(ctx, in.ID)
	return &answer[Job]{job}, err
}

// Run is what a job asks for; jobs that ask for the same share it.
type Run struct {
	ID      dag.RunID                    `json:"run_id"`
	Plan    dag.PlanID                   `json:"plan_id,omitzero"`
	Recipe  string                       `json:"recipe"`
	Inputs  map[string][]dag.ContentHash `json:"inputs"`
	Params  map[string]any               `json:"params"`
	Status  catalog.Status               `json:"status"` // of this job
	Outputs []Output                     `json:"outputs"`
}

func (r *routes) run(ctx context.Context, in *OfJob) (*answer[Run], error) {
	j, err := r.farm.Job(ctx, in.ID)
	return &answer[Run]{Run{j.RunID, j.PlanID, j.Name, j.Inputs, j.Params, j.Status, j.Outputs}}, err
}

func (r *routes) plan(ctx context.Context, in *OfJob) (*answer[*dag.Plan], error) {
	plan, err := r.farm.Plan(ctx, in.ID)
	return &answer[*dag.Plan]{plan}, err
}

func (r *routes) provenance(ctx context.Context, in *OfJob) (*answer[json.RawMessage], error) {
	document, err := r.farm.Provenance(ctx, in.ID)
	return &answer[json.RawMessage]{document}, err
}

// listing chooses jobs.
type listing struct {
	Status []string  `query:"status" doc:"Only jobs in one of these states."`
	Recipe string    `query:"recipe" doc:"Only jobs of the recipe with this name."`
	Actor  string    `query:"actor" doc:"Only jobs of this user."`
	From   time.Time `query:"from" doc:"Created then or later."`
	To     time.Time `query:"to" doc:"Created before."`
	Limit  int       `query:"limit" default:"50" minimum:"1" maximum:"1000"`
	Next   string    `query:"next" doc:"The place where the page before ended."`
}

// JobPage is a part of the list of jobs.
type JobPage struct {
	Jobs []Job  `json:"jobs"`
	Next string `json:"next,omitempty" doc:"Give it to get the next page; absent on the last."`
}

func (r *routes) list(ctx context.Context, in *listing) (*answer[JobPage], error) {
	query, err := in.query()
	if err != nil {
		return nil, err
	}
	query.Limit++ // one more tells whether there is a next page
	jobs, err := r.farm.Jobs(ctx, query)
	if err != nil {
		return nil, err
	}
	page := JobPage{Jobs: append([]Job{}, jobs...)}
	if len(jobs) > in.Limit {
		page.Jobs = page.Jobs[:in.Limit]
		last := page.Jobs[in.Limit-1]
		page.Next = writeCursor(catalog.Cursor{Created: last.Created, ID: last.ID})
	}
	return &answer[JobPage]{page}, nil
}

func (l *listing) query() (catalog.JobQuery, error) {
	q := catalog.JobQuery{Recipe: l.Recipe, Actor: l.Actor, From: l.From, To: l.To, Limit: l.Limit}
	for _, given := range l.Status {
		status := catalog.Status(strings.ToUpper(given))
		if !slices.Contains(Statuses(), status) {
			return q, invalidf("query.status: there is no state %s; there are %s", given, listOf(Statuses()))
		}
		q.Status = append(q.Status, status)
	}
	var err error
	q.After, err = readCursor(l.Next)
	return q, err
}

// Statuses returns the states of jobs.
func Statuses() []catalog.Status {
	return []catalog.Status{
		catalog.Queued, catalog.Running, catalog.Paused, catalog.Completed,
		catalog.Failed, catalog.Cancelled, catalog.Interrupted,
	}
}

func listOf[S ~string](all []S) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}

// A cursor is opaque to clients; what they send is checked all the same.
func writeCursor(c catalog.Cursor) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.Created.UnixMilli(), 10) + " " + c.ID))
}

func readCursor(text string) (catalog.Cursor, error) {
	if text == "" {
		return catalog.Cursor{}, nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	at, id, found := strings.Cut(string(plain), " ")
	ms, notNumber := strconv.ParseInt(at, 10, 64)
	if err != nil || notNumber != nil || !found || id == "" {
		return catalog.Cursor{}, invalidf("query.next: %q is not a place that this API gave", text)
	}
	return catalog.Cursor{Created: time.UnixMilli(ms), ID: id}, nil
}
