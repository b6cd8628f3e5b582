package api

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Farm is what the API serves. Its methods are safe for concurrent use.
//
// A job is named by its id or an unambiguous beginning of it, in either case of
// letters. Errors are told apart with errors.Is and errors.As:
//
//	recipe.Faults            the recipe, an input or a parameter is wrong
//	*engine.InputError       an input cannot serve
//	*MissingError            inputs that the farm does not have
//	catalog.ErrNotFound      there is no such job, step, worker or content
//	*catalog.AmbiguousError  the beginning of an id stands for several jobs
//	*catalog.StateError      the job is not in a state in which that can be done
//	*cache.MismatchError     the bytes are not those that were announced
//	cache.ErrFull            no room
//	ErrUnavailable           a service is down; it is worth trying again
type Farm interface {
	Jobs
	Watcher
	Contents
	Workers
	Scaler
	// Ready returns what the farm stands on ("redis", "catalog", "ipfs") and
	// what is wrong with it; nil where all is well. It answers within seconds.
	Ready(ctx context.Context) map[string]error
}

// Jobs is what people do with jobs.
type Jobs interface {
	// Submit checks the recipe, creates a job and returns it. It does not wait
	// for inputs to be measured or steps to be done.
	Submit(ctx context.Context, s Submission) (Job, error)
	// Jobs lists jobs, the newest first. Fewer than q.Limit means that there are
	// no more. Outputs and Failures may be left out.
	Jobs(ctx context.Context, q catalog.JobQuery) ([]Job, error)
	Job(ctx context.Context, id string) (Job, error)
	// Plan returns catalog.ErrNotFound while the job is not planned.
	Plan(ctx context.Context, id string) (*dag.Plan, error)
	// Steps returns up to limit steps from a position in the plan on, as they
	// are now. A job that is not planned yet has none.
	Steps(ctx context.Context, id string, from, limit int) ([]Step, error)
	// Provenance returns the document that says how the outputs came to be:
	// JSON. catalog.ErrNotFound until it is made.
	Provenance(ctx context.Context, id string) ([]byte, error)
	// Cancel withdraws the job. Steps that other jobs want go on.
	Cancel(ctx context.Context, id string) error
	// Retry begins a failed, cancelled or interrupted job again. What is done
	// stays done.
	Retry(ctx context.Context, id string) error
	Pause(ctx context.Context, id string) error
	Resume(ctx context.Context, id string) error
	SetPriority(ctx context.Context, id string, p claim.Priority) error
}

// Watcher tells what happens while it happens.
type Watcher interface {
	// Watch tells what happens to a job until the job is final or ctx ends; then
	// it returns nil or the context's error. The first event is of kind State
	// and the last of a final job is of kind Changed or State with that job, so
	// that a watch of a job that is final already tells one event. after is the
	// ID of the last event that the caller saw: where the farm still knows what
	// came behind it, it tells that instead of State. emit is called from one
	// goroutine; its error ends the watch and is returned.
	Watch(ctx context.Context, id, after string, emit func(Event) error) error
	// Log writes what the tools of a step said. With follow it goes on until
	// the step has ended or ctx does; without, it writes what there is.
	// catalog.ErrNotFound when there is no log.
	Log(ctx context.Context, id string, step dag.CacheID, follow bool, w io.Writer) error
}

// Contents are bytes by their hash.
type Contents interface {
	// Put stores a stream. Bytes other than want are a *cache.MismatchError and
	// are not kept; a zero want takes any.
	Put(ctx context.Context, r io.Reader, want dag.ContentHash) (Content, error)
	// Stat says whether the farm can give those bytes, without reading them.
	Stat(ctx context.Context, h dag.ContentHash) (Content, error)
	// Open fetches the bytes to this machine if need be, and opens them. The
	// caller closes the file.
	Open(ctx context.Context, h dag.ContentHash) (*os.File, Content, error)
}

// Workers are the workers of the farm.
type Workers interface {
	Workers(ctx context.Context) ([]Worker, error)
	// Drain has a worker finish what it runs and take no more.
	Drain(ctx context.Context, worker string) error
}

// ErrUnavailable: a service that the farm stands on is down.
var ErrUnavailable = errors.New("a service of the farm is not available")

// MissingError names inputs of a submission that the farm does not have.
type MissingError struct{ Contents []dag.ContentHash }

// Error says how many there are and names the first.
func (e *MissingError) Error() string {
	if len(e.Contents) == 1 {
		return "the farm does not have the input " + e.Contents[0].String() + "; upload it first"
	}
	return "the farm lacks several inputs, among them " + e.Contents[0].String() + "; upload them first"
}
