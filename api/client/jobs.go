package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Submit creates a job. Its inputs must be on the farm; see Put. When the
// connection breaks meanwhile, the job may have been created.
func (c *Client) Submit(ctx context.Context, s api.Submission) (api.Job, error) {
	k, err := call{method: http.MethodPost, path: []string{"jobs"}}.withJSON(s)
	if err != nil {
		return api.Job{}, err
	}
	return fetch[api.Job](ctx, c, k)
}

// Jobs lists jobs, the newest first: up to q.Limit of them, behind q.Next.
func (c *Client) Jobs(ctx context.Context, q JobQuery) (api.JobPage, error) {
	k := get("jobs")
	k.query = q.values()
	return fetch[api.JobPage](ctx, c, k)
}

// JobQuery chooses jobs; zero fields choose all.
type JobQuery struct {
	Status   []catalog.Status
	Recipe   string
	Actor    string
	From, To time.Time
	Limit    int    // 0 means the farm's default
	Next     string // of the page before
}

func (q JobQuery) values() url.Values {
	out := make(url.Values)
	text := ""
	for _, s := range q.Status {
		if text != "" {
			text += ","
		}
		text += string(s)
	}
	set := func(name, value string) {
		if value != "" {
			out.Set(name, value)
		}
	}
	set("status", text)
	set("recipe", q.Recipe)
	set("actor", q.Actor)
	set("next", q.Next)
	if q.Limit > 0 {
		set("limit", strconv.Itoa(q.Limit))
	}
	if !q.From.IsZero() {
		set("from", q.From.Format(time.RFC3339Nano))
	}
	if !q.To.IsZero() {
		set("to", q.To.Format(time.RFC3339Nano))
	}
	return out
}

// Job returns a job by its id or the beginning of it.
func (c *Client) Job(ctx context.Context, id string) (api.Job, error) {
	return fetch[api.Job](ctx, c, get("jobs", id))
}

// Plan returns the plan of a job, or catalog.ErrNotFound while there is none.
func (c *Client) Plan(ctx context.Context, id string) (*dag.Plan, error) {
	return fetch[*dag.Plan](ctx, c, get("jobs", id, "plan"))
}

// Provenance returns the document that says how the outputs came to be.
func (c *Client) Provenance(ctx context.Context, id string) (json.RawMessage, error) {
	return fetch[json.RawMessage](ctx, c, get("jobs", id, "provenance"))
}

// Steps returns all steps of a job as they are now, in the order of the plan.
func (c *Client) Steps(ctx context.Context, id string) ([]api.Step, error) {
	var all []api.Step
	for from := 0; ; {
		k := get("jobs", id, "steps")
		k.query = url.Values{"from": {strconv.Itoa(from)}}
		page, err := fetch[api.StepPage](ctx, c, k)
		all = append(all, page.Steps...)
		if err != nil || page.Next <= from {
			return all, err
		}
		from = page.Next
	}
}

// Log writes what the tools of a step said; with follow until the step has
// ended.
func (c *Client) Log(ctx context.Context, id string, step dag.CacheID, follow bool, w io.Writer) error {
	k := get("jobs", id, "steps", step.String(), "log")
	if follow {
		k.query = url.Values{"follow": {"true"}}
	}
	response, err := c.do(ctx, k)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(w, response.Body)
	return err
}

// Cancel withdraws a job and returns it as it is then. Like the other verbs it
// fails with a *Problem of kind api.WrongState.
func (c *Client) Cancel(ctx context.Context, id string) (api.Job, error) {
	return c.steer(ctx, id, "cancel")
}

// Retry begins a failed, cancelled or interrupted job again.
func (c *Client) Retry(ctx context.Context, id string) (api.Job, error) {
	return c.steer(ctx, id, "retry")
}

// Pause starts no more steps of a job.
func (c *Client) Pause(ctx context.Context, id string) (api.Job, error) {
	return c.steer(ctx, id, "pause")
}

// Resume goes on with a paused job.
func (c *Client) Resume(ctx context.Context, id string) (api.Job, error) {
	return c.steer(ctx, id, "resume")
}

func (c *Client) steer(ctx context.Context, id, verb string) (api.Job, error) {
	return fetch[api.Job](ctx, c, call{method: http.MethodPost, path: []string{"jobs", id, verb}})
}

// SetPriority changes the priority of a job.
func (c *Client) SetPriority(ctx context.Context, id string, p claim.Priority) (api.Job, error) {
	k, err := call{method: http.MethodPut, path: []string{"jobs", id, "priority"}}.withJSON(map[string]any{"priority": p})
	if err != nil {
		return api.Job{}, err
	}
	return fetch[api.Job](ctx, c, k)
}

// Workers lists the living workers.
func (c *Client) Workers(ctx context.Context) ([]api.Worker, error) {
	list, err := fetch[api.WorkerList](ctx, c, get("workers"))
	return list.Workers, err
}

// Drain has a worker finish what it runs and take no more.
func (c *Client) Drain(ctx context.Context, worker string) error {
	_, err := fetch[struct{}](ctx, c, call{method: http.MethodPost, path: []string{"workers", worker, "drain"}})
	return err
}

// Scale asks how many workers of a fleet the work at hand asks for.
func (c *Client) Scale(ctx context.Context, f api.Fleet) (api.Scale, error) {
	k := get("scale")
	k.query = url.Values{}
	if len(f.Classes) > 0 {
		k.query.Set("class", strings.Join(f.Classes, ","))
	}
	if len(f.Tags) > 0 {
		k.query.Set("tag", strings.Join(f.Tags, ","))
	}
	return fetch[api.Scale](ctx, c, k)
}
