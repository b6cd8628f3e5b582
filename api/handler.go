package api

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Options say who may use the API and within which bounds.
type Options struct {
	Tokens
	// MaxContent is the most bytes that one upload may have; 0 means any.
	MaxContent int64
	// Patience is how long a client may neither send nor take a byte while one
	// is due; 0 means a minute.
	Patience time.Duration
	// Heartbeat is how often a stream of events says that it lives; 0 means
	// 15 seconds.
	Heartbeat time.Duration
	// Version of the program, for the description of the API.
	Version string
	Mounts  []Mount
	Log     *slog.Logger // of requests; nil for none
	// Answered is told of each request that was answered: the pattern that it
	// matched, "none" for none. It does not block; nil for nobody.
	Answered func(route string, status int, took time.Duration)
}

// Mount serves further paths behind the same guards.
type Mount struct {
	Path    string // as of http.ServeMux: "/monitoring/"
	Handler http.Handler
	For     Role
}

// routes are the operations of the API, on one farm.
type routes struct {
	farm    Farm
	options Options
}

// Handler serves the farm. It keeps no state and is safe for concurrent use;
// streams end with the contexts of their requests.
func Handler(farm Farm, o Options) http.Handler {
	o.Patience = cmp.Or(o.Patience, time.Minute)
	o.Heartbeat = cmp.Or(o.Heartbeat, 15*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Answered == nil {
		o.Answered = func(string, int, time.Duration) {}
	}
	operations := http.NewServeMux()
	(&routes{farm, o}).register(humago.New(operations, description(o)))
	inner := explained(operations)

	mux := http.NewServeMux()
	mux.Handle("/", inner)
	mux.Handle("/api/v1/", o.require(ForUsers, inner))
	mux.Handle("GET /api/v1/scale", o.require(ForMonitors, inner))
	mux.Handle("/api/v1/content/", o.require(ForMembers, o.capped(inner)))
	mux.Handle("/api/v1/content", o.require(ForUsers, o.capped(inner)))
	mux.Handle("/readyz", o.identify(inner))
	for _, m := range o.Mounts {
		mux.Handle(m.Path, o.require(m.For, along(m.Path, m.Handler)))
	}
	return o.logged(recovering(o.Log, patient(o.Patience, o.guard(mux))))
}

// register declares every operation.
func (r *routes) register(api huma.API) {
	r.jobs(api)
	r.control(api)
	r.steps(api)
	r.events(api)
	r.contents(api)
	r.workers(api)
	r.scale(api)
	r.health(api)
}

// base is where the operations are.
const base = "/api/v1"

// jobPath is the path of an operation on one job.
func jobPath(rest string) string { return base + "/jobs/{id}" + rest }
