package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// answer is the body of an operation.
type answer[T any] struct{ Body T }

// OfJob is the input of operations on one job.
type OfJob struct {
	ID string `path:"id" doc:"The job's id, or an unambiguous beginning of it." maxLength:"64"`
}

// nothing is no input, or an answer without a body.
type nothing struct{}

// operate registers an operation whose errors go through the table.
func operate[I, O any](r *routes, api huma.API, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	// Slow bodies are patientBody's; a deadline of huma's would stay behind and
	// end the operation.
	op.BodyReadTimeout = -1 * time.Nanosecond
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusServiceUnavailable)
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, r.tell(ctx, err)
		}
		return out, nil
	})
}

// operation names one.
func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Errors: []int{http.StatusNotFound}}
}
