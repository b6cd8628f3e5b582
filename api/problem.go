package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/danielgtaylor/huma/v2"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
)

// Kind is the type of a problem, "urn:artdag:" and this.
type Kind string

// The kinds of problems, one for each error of Farm that callers tell apart.
const (
	InvalidRecipe Kind = "invalid-recipe" // Errors: each fault
	InvalidInput  Kind = "invalid-input"
	MissingInput  Kind = "missing-input" // Errors: each content hash
	Invalid       Kind = "invalid"
	NotFound      Kind = "not-found"
	Ambiguous     Kind = "ambiguous" // Errors: the candidates
	WrongState    Kind = "wrong-state"
	Mismatch      Kind = "mismatch"
	TooLarge      Kind = "too-large"
	Broken        Kind = "broken" // the body did not arrive whole
	Full          Kind = "full"
	Unavailable   Kind = "unavailable"
)

const urn = "urn:artdag:"

// classify is the one table from errors to kinds and statuses. An empty kind is
// a failure of ours.
func classify(err error) (Kind, int) {
	switch {
	case as[recipe.Faults](err):
		return InvalidRecipe, http.StatusUnprocessableEntity
	case as[*engine.InputError](err):
		return InvalidInput, http.StatusUnprocessableEntity
	case as[*MissingError](err):
		return MissingInput, http.StatusUnprocessableEntity
	case as[*invalidError](err):
		return Invalid, http.StatusUnprocessableEntity
	case errors.Is(err, catalog.ErrNotFound), errors.Is(err, cache.ErrMissing):
		return NotFound, http.StatusNotFound
	case as[*catalog.AmbiguousError](err):
		return Ambiguous, http.StatusConflict
	case as[*catalog.StateError](err):
		return WrongState, http.StatusConflict
	case as[*cache.MismatchError](err):
		return Mismatch, http.StatusUnprocessableEntity
	case as[*http.MaxBytesError](err):
		return TooLarge, http.StatusRequestEntityTooLarge
	case errors.Is(err, catalog.ErrUnavailable): // which may be that a connection of ours broke, not the client's
		return Unavailable, http.StatusServiceUnavailable
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF):
		return Broken, http.StatusRequestTimeout
	case errors.Is(err, cache.ErrFull):
		return Full, http.StatusInsufficientStorage
	case errors.Is(err, ErrUnavailable), errors.Is(err, claim.ErrFull), errors.Is(err, context.DeadlineExceeded), as[*net.OpError](err):
		return Unavailable, http.StatusServiceUnavailable
	}
	return "", http.StatusInternalServerError
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// invalidError is something wrong in a request that its form does not show.
type invalidError struct{ message string }

// Error returns the message.
func (e *invalidError) Error() string { return e.message }

func invalidf(format string, args ...any) error {
	return &invalidError{fmt.Sprintf(format, args...)}
}

// problemOf describes an error to the client. Of failures of ours it tells only
// where to look: their texts may name what is nobody's business.
func problemOf(err error, id string) *huma.ErrorModel {
	kind, status := classify(err)
	p := &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: err.Error()}
	if kind == "" {
		p.Detail = internal(id)
		return p
	}
	p.Type, p.Errors = urn+string(kind), details(err)
	return p
}

func internal(id string) string {
	return "something went wrong on the farm; its log says more at request " + id
}

// details are the parts of an error that has several.
func details(err error) []*huma.ErrorDetail {
	var out []*huma.ErrorDetail
	if faults, ok := errors.AsType[recipe.Faults](err); ok {
		for _, f := range faults {
			out = append(out, &huma.ErrorDetail{Message: f.Message, Location: location(f), Value: place{f.File, f.Pos.Line, f.Pos.Col}})
		}
	}
	if missing, ok := errors.AsType[*MissingError](err); ok {
		for _, h := range missing.Contents {
			out = append(out, &huma.ErrorDetail{Message: "the farm does not have it", Location: "body.inputs", Value: h})
		}
	}
	if ambiguous, ok := errors.AsType[*catalog.AmbiguousError](err); ok {
		for _, id := range ambiguous.Candidates {
			out = append(out, &huma.ErrorDetail{Message: "it may be this job", Location: "path.id", Value: id})
		}
	}
	if mismatch, ok := errors.AsType[*cache.MismatchError](err); ok {
		for name, h := range map[string]dag.ContentHash{"want": mismatch.Want, "got": mismatch.Got} {
			out = append(out, &huma.ErrorDetail{Message: name, Location: "body", Value: h})
		}
	}
	return out
}

// place is where in a recipe a fault is.
type place struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

func location(f recipe.Fault) string {
	if f.Pos.Line == 0 {
		return "body"
	}
	return fmt.Sprintf("body.recipe:%d:%d", f.Pos.Line, f.Pos.Col)
}

// tell turns the error of an operation into its answer, and logs a failure of
// ours. A client that has gone gets none.
func (r *routes) tell(ctx context.Context, err error) error {
	id := ""
	if rec := recordOf(ctx); rec != nil {
		id = rec.id
	}
	p := problemOf(err, id)
	if p.Type == "" && ctx.Err() == nil {
		r.options.Log.LogAttrs(ctx, slog.LevelError, "failure", slog.String("id", id), slog.Any("error", err))
	}
	return p
}

func writeError(w http.ResponseWriter, err error) {
	sendProblem(w, problemOf(err, w.Header().Get(requestID)))
}

func writeProblem(w http.ResponseWriter, status int, detail string) {
	sendProblem(w, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}

func sendProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that has gone
}

// explained answers what no operation matches as a problem, too.
func explained(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			along(pattern, mux).ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(&unmatched{ResponseWriter: w, path: r.URL.Path}, r)
	})
}

// unmatched replaces the text that a ServeMux writes.
type unmatched struct {
	http.ResponseWriter
	path string
}

// WriteHeader writes the problem.
func (u *unmatched) WriteHeader(status int) {
	u.Header().Del("Content-Length")
	if status == http.StatusMethodNotAllowed {
		writeProblem(u.ResponseWriter, status, "use one of "+u.Header().Get("Allow")+" here")
		return
	}
	writeProblem(u.ResponseWriter, status, "there is nothing at "+u.path+"; /openapi.json describes what there is")
}

func (u *unmatched) Write(p []byte) (int, error) { return len(p), nil }
