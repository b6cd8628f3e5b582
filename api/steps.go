package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/artdag/artdag/dag"
)

func (r *routes) steps(api huma.API) {
	operate(r, api, operation("list-steps", http.MethodGet, jobPath("/steps"), "List the steps of a job as they are now, in the order of the plan"), r.stepPage)
	log := operation("get-log", http.MethodGet, jobPath("/steps/{cache_id}/log"), "Read what the tools of a step said")
	log.Responses = streamOf("text/plain; charset=utf-8", nil)
	operate(r, api, log, r.log)
}

// StepPage is a part of the steps of a job.
type StepPage struct {
	Steps []Step `json:"steps"`
	// Next is the position to go on from; 0 when there are no more.
	Next int `json:"next,omitempty" doc:"Give it as from to get the next page; absent on the last."`
}

type stepListing struct {
	OfJob
	From  int `query:"from" minimum:"0" doc:"Position in the plan."`
	Limit int `query:"limit" default:"1000" minimum:"1" maximum:"5000"`
}

func (r *routes) stepPage(ctx context.Context, in *stepListing) (*answer[StepPage], error) {
	steps, err := r.farm.Steps(ctx, in.ID, in.From, in.Limit)
	page := StepPage{Steps: append([]Step{}, steps...)}
	if len(steps) == in.Limit {
		page.Next = steps[len(steps)-1].Position + 1
	}
	return &answer[StepPage]{page}, err
}

type ofLog struct {
	OfJob
	Step   dag.CacheID `path:"cache_id"`
	Follow bool        `query:"follow" doc:"Go on until the step has ended."`
}

// log streams. Before the first byte an error still has a status; afterwards
// the connection breaks, so that nobody takes a part for the whole.
func (r *routes) log(_ context.Context, in *ofLog) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		request, w := humago.Unwrap(hc)
		out := &begun{w: w, control: http.NewResponseController(w)}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		err := r.farm.Log(request.Context(), in.ID, in.Step, in.Follow, out)
		r.end(request.Context(), w, out.written, err)
	}}, nil
}

// end ends a stream with its error, if there is one.
func (r *routes) end(ctx context.Context, w http.ResponseWriter, written bool, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
	case written:
		panic(http.ErrAbortHandler)
	default:
		w.Header().Del("Content-Type")
		w.Header().Del("Cache-Control")
		sendProblem(w, r.tell(ctx, err).(*huma.ErrorModel))
	}
}

// begun writes through to the client at once, and knows whether it did.
type begun struct {
	w       http.ResponseWriter
	control *http.ResponseController
	written bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.written = true
	n, err := b.w.Write(p)
	if err == nil {
		err = b.control.Flush()
	}
	return n, err
}

// streamOf documents an answer that is not JSON.
func streamOf(mediaType string, schema *huma.Schema) map[string]*huma.Response {
	if schema == nil {
		schema = &huma.Schema{Type: huma.TypeString}
	}
	return map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{mediaType: {Schema: schema}},
	}}
}
