package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"
)

// requestID is the header that names a request, in answers and logs.
const requestID = "X-Request-Id"

// record is what the log says of a request.
type record struct {
	http.ResponseWriter
	id, actor string
	route     string // pattern
	status    int
	bytes     int64
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

var saneID = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`)

// logged names each request and logs it when it has been answered: failures of
// ours as errors, all else for those who look for it.
func (o Options) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, id := time.Now(), r.Header.Get(requestID)
		if !saneID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestID, id)
		rec := &record{ResponseWriter: w, id: id, route: "none"}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		next.ServeHTTP(rec, r)
		level := slog.LevelDebug
		if rec.status >= http.StatusInternalServerError && rec.status != http.StatusServiceUnavailable {
			level = slog.LevelError
		}
		took := time.Since(began)
		o.Answered(rec.route, cmp.Or(rec.status, http.StatusOK), took)
		o.Log.Log(r.Context(), level, "request", "id", id, "method", r.Method, "path", r.URL.Path, "status", rec.status,
			"bytes", rec.bytes, "took", took, "actor", rec.actor, "from", r.RemoteAddr)
	})
}

// along notes the route that a request takes.
func along(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec := recordOf(r.Context()); rec != nil {
			rec.route = route
		}
		next.ServeHTTP(w, r)
	})
}

// WriteHeader notes the status.
func (r *record) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *record) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach what is below.
func (r *record) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// recovering answers a panic and keeps its stack in the log.
func recovering(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			log.Error("panic", "id", recordOf(r.Context()).id, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if rec := recordOf(r.Context()); rec.status == 0 {
				writeProblem(w, http.StatusInternalServerError, internal(rec.id))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
