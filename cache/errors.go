package cache

import (
	"errors"
	"fmt"

	"github.com/artdag/artdag/dag"
)

// The kinds of failure that callers tell apart, with errors.Is.
var (
	// ErrMissing: the cache does not have it, or not whole.
	ErrMissing = errors.New("not in the cache")
	// ErrReadOnly: the cache's folder cannot be written.
	ErrReadOnly = errors.New("the cache is read-only")
	// ErrFull: the disk has no room left.
	ErrFull = errors.New("no space left on the cache's disk: free some, or shrink the cache with artdag cache gc")
	// ErrBusy: what was to be removed is pinned, held by a run or being made.
	ErrBusy = errors.New("in use")
)

// A DifferentError says that an entry exists already with other bytes. The
// recorded ones stand: a result is a fact.
type DifferentError struct {
	ID            dag.CacheID
	Recorded, Got dag.ContentHash
}

// Error names the entry and both hashes.
func (e *DifferentError) Error() string {
	return fmt.Sprintf("step %s was made again with other bytes: recorded %s, got %s; the recorded ones are kept",
		e.ID.Short(), e.Recorded, e.Got)
}

// A MismatchError says that bytes are not the ones that were asked for.
type MismatchError struct {
	Path      string // where they are or came from; may be empty
	Want, Got dag.ContentHash
}

// Error names the file and both hashes.
func (e *MismatchError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("content %s was expected, but the bytes are %s", e.Want, e.Got)
	}
	return fmt.Sprintf("%s: content %s was expected, but the bytes are %s", e.Path, e.Want, e.Got)
}

// A ChangedError says that a source is not the file it was when it was hashed.
type ChangedError struct {
	Path string
	What string // "size", "time", ...
}

// Error names the file and what changed.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s changed while it was in use (%s): run again when nothing writes to it", e.Path, e.What)
}
