package peer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
)

// The two ways in which content is unavailable, asked with errors.Is. A Source
// answers ErrGone (wrapped or not) when it does not have the content.
var (
	// ErrGone: everybody who might have it was asked, and nobody has it.
	ErrGone = errors.New("nobody has it")
	// ErrUnreachable: somebody who may have it could not be asked now.
	ErrUnreachable = errors.New("could not be reached now")
	// ErrStopped: the Fetcher was stopped.
	ErrStopped = errors.New("peer: stopped")
)

// errStalled: no byte came for the time of a stall.
var errStalled = errors.New("stalled")

// Attempt is one try to get content from somebody.
type Attempt struct {
	From string // the holder's ID, the source's name, or "locator"
	Err  error
}

// UnavailableError says that content could not be had, and who was asked. It is
// either ErrGone or ErrUnreachable.
type UnavailableError struct {
	Hash  dag.ContentHash
	Tried []Attempt // in order
}

// Gone reports whether everybody answered that they do not have it. Who sent
// other bytes does not have it either.
func (e *UnavailableError) Gone() bool {
	for _, a := range e.Tried {
		var wrong *WrongError
		if !errors.Is(a.Err, ErrGone) && !errors.As(a.Err, &wrong) {
			return false
		}
	}
	return true
}

// Error names the content and every attempt.
func (e *UnavailableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "peer: content %s: %v", e.Hash.Short(), e.Unwrap())
	for _, a := range e.Tried {
		fmt.Fprintf(&b, "; %s: %v", a.From, a.Err)
	}
	return b.String()
}

// Unwrap returns ErrGone or ErrUnreachable.
func (e *UnavailableError) Unwrap() error {
	if e.Gone() {
		return ErrGone
	}
	return ErrUnreachable
}

// WrongError says that somebody sent bytes that are not the content.
type WrongError struct{ Err error }

// Error says how they are wrong.
func (e *WrongError) Error() string { return "sent wrong bytes: " + e.Err.Error() }

// Unwrap returns the cause, a *cache.MismatchError for bytes of another hash.
func (e *WrongError) Unwrap() error { return e.Err }
