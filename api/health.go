package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Health says whether the farm can work.
type Health struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // "ok", or what is wrong
}

func (r *routes) health(api huma.API) {
	alive := operation("healthz", http.MethodGet, "/healthz", "Ask whether the process lives")
	alive.DefaultStatus = http.StatusNoContent
	operate(r, api, alive, func(context.Context, *nothing) (*nothing, error) { return nil, nil })
	operate(r, api, operation("readyz", http.MethodGet, "/readyz", "Ask whether the farm can work, and what is wrong"), r.ready)
}

type readiness struct {
	Status int
	Body   Health
}

// ready tells strangers only what is not well, not why: reasons name addresses.
func (r *routes) ready(ctx context.Context, _ *nothing) (*readiness, error) {
	out := readiness{http.StatusOK, Health{true, make(map[string]string)}}
	for name, err := range r.farm.Ready(ctx) {
		switch {
		case err == nil:
			out.Body.Checks[name] = "ok"
			continue
		case callerOf(ctx).may(ForMembers):
			out.Body.Checks[name] = err.Error()
		default:
			out.Body.Checks[name] = "not well"
		}
		out.Status, out.Body.Ready = http.StatusServiceUnavailable, false
	}
	return &out, nil
}
