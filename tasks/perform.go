package tasks

import (
	"context"
	"errors"
	"fmt"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Performer does the work of a step: fetch, execute, store.
type Performer interface {
	// Perform blocks until nothing of the step runs any more, also when ctx
	// ends. Errors: *GoneError when inputs can be had nowhere, ErrNoRoom when
	// this worker's disk is full, ErrLater when a service cannot be reached,
	// executor.IsInvalid for a wrong recipe or input, the cause of ctx when it
	// ended; anything else is a failed attempt.
	Perform(ctx context.Context, a Assignment) (Made, error)
}

// Assignment is a step that the worker owns, with its inputs' bytes named.
type Assignment struct {
	Spec     claim.Spec
	Contents []dag.ContentHash // of Spec.Inputs, in order: sources, whole outputs
	Resolved dag.CacheID
	Attempt  int                // from 1
	Progress func(done float64) // 0 to 1; does not block
	Begins   func()             // called once when all inputs are here; does not block
}

// Made is what a step came to.
type Made struct {
	Content  dag.ContentHash
	CID      string
	Size     int64
	Executed bool // false: the worker's cache had it
	Meta     claim.Meta
}

// What a performer cannot do here and now.
var (
	// ErrNoRoom: the disk of this worker is full; another may have room.
	ErrNoRoom = errors.New("this worker's disk is full")
	// ErrLater: a service that is needed cannot be reached.
	ErrLater = errors.New("a service cannot be reached")
)

// GoneError names inputs whose bytes can be had nowhere.
type GoneError struct {
	Missing []claim.Missing   // results of steps: they can be made again
	Sources []dag.ContentHash // what was handed over: it cannot
}

// Error names the first.
func (e *GoneError) Error() string {
	if len(e.Sources) > 0 {
		return fmt.Sprintf("input %s can be had nowhere: no worker, IPFS node or backend has its bytes; hand the file over again", e.Sources[0])
	}
	return fmt.Sprintf("%d inputs can be had nowhere, the first is %s", len(e.Missing), e.Missing[0].Content)
}

// contentsOf returns the content of each input, from what the producers came
// to. Members are found in manifests by the performer.
func contentsOf(o *claim.Owned) ([]dag.ContentHash, error) {
	made := make(map[dag.CacheID]dag.ContentHash)
	for i, p := range o.Spec.Producers() {
		if i < len(o.Contents) {
			made[p] = o.Contents[i]
		}
	}
	out := make([]dag.ContentHash, len(o.Spec.Inputs))
	var gone GoneError
	for i, in := range o.Spec.Inputs {
		out[i] = in.Content
		if !in.IsSource() {
			if out[i] = made[in.Step]; out[i].IsZero() {
				gone.Missing = append(gone.Missing, claim.Missing{Producer: in.Step})
			}
		}
	}
	if len(gone.Missing) > 0 {
		return nil, &gone
	}
	return out, nil
}
