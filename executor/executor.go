// Package executor holds the step types: one file per type, and a registry
// built explicitly (see Builtin).
//
// An executor is deterministic: the same request gives the same bytes on any
// worker of the farm, whatever its core count. It knows nothing of claims,
// queues or catalogs: it gets input files and a scratch folder, and returns
// files in that folder. Before it starts it states what it will produce
// (Expect); the result is checked against that, because the tools' exit codes
// lie, and a result that differs is a failed step that stores nothing.
package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// Executor performs one step type. Implementations are values without state,
// safe for concurrent use.
type Executor interface {
	dag.Type
	// Spec returns the declaration that Normalize, the documentation and the
	// schema share.
	Spec() Spec
	// Execute does the work. It blocks until every process that it started is
	// gone, also when ctx ends. Errors are classified: see Invalid, Failed and
	// sandbox.ErrMissing; an error of ctx means cancelled.
	Execute(ctx context.Context, req Request) (Result, error)
}

// Request is one step to execute.
type Request struct {
	Config map[string]any // normalised
	Inputs []File         // in the order of the step's inputs
	// Scratch is an empty folder of the step's own; whatever is not named in
	// the Result is thrown away with it.
	Scratch string
	// Slots is how many slots the step holds: the threads it may keep busy.
	Slots int
	// Run runs a tool in the sandbox. The scratch folder is writable in it, the
	// inputs are readable, nothing else of the user's is visible.
	Run sandbox.Runner
	// Log takes the tools' output, kept whole with the step.
	Log io.Writer
	// Progress may be called at any rate, from one goroutine, with the part
	// that is done, 0 to 1. It does not block. It is never nil.
	Progress func(done float64)
}

// File is one input: a file, or for an input with several outputs that is used
// as a list, its members.
type File struct {
	Path    string // absolute; read-only
	Hash    dag.ContentHash
	Facts   *dag.Facts // nil when nothing is known
	Name    string     // member name, or the file's own name for a source
	Members []File     // set instead of Path for a whole list
}

// Result is what a step produced: one file, or Members.
type Result struct {
	Path      string     // in the scratch folder
	MediaType string     // "video/x-matroska"
	Facts     *dag.Facts // as measured
	Members   []Member   // sorted by name
	// Tool is the program that made it as that calls itself, "Blender 3.4.1";
	// empty when it was ffmpeg, or did not say.
	Tool string
}

// Member is one of several outputs.
type Member struct {
	Name      string
	Path      string
	MediaType string
	Facts     *dag.Facts
}

// Failure is an error whose class decides what happens next.
type Failure struct {
	// Retry says that another try may succeed: a tool failed. Without it the
	// recipe or an input is wrong.
	Retry bool
	Err   error
}

// Error returns the message of the cause.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Invalid reports that the config or an input is wrong: no retry.
func Invalid(format string, args ...any) error {
	return &Failure{Err: fmt.Errorf(format, args...)}
}

// Failed reports that a tool failed or produced something else than it should.
func Failed(format string, args ...any) error {
	return &Failure{Retry: true, Err: fmt.Errorf(format, args...)}
}

// IsInvalid reports whether err says that the recipe or an input is wrong.
func IsInvalid(err error) bool {
	var failure *Failure
	return errors.As(err, &failure) && !failure.Retry
}

// DefaultTimeout bounds a step whose config sets none.
const DefaultTimeout = 6 * time.Hour

// Decode reads a normalised config into a struct with json tags. A config that
// does not fit is a fault of the type's declaration, not of the user.
func Decode[T any](config map[string]any) (T, error) {
	var out T
	text, err := json.Marshal(config)
	if err != nil {
		return out, fmt.Errorf("executor: decode config: %w", err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("executor: decode config: %w", err)
	}
	return out, nil
}
