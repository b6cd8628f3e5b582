package claim

import (
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/dag"
)

// The answers of the scripts that mean no.
var (
	// ErrLost: the caller does not own the step (any more). What it made is
	// not taken.
	ErrLost = errors.New("the claim is lost")
	// ErrEpoch: Redis forgot, and a new epoch began; see Store.Refresh.
	ErrEpoch = errors.New("a new epoch began")
	// ErrStale: the queue's task belongs to another release of the step.
	ErrStale = errors.New("another release of the step holds")
	// ErrPaused: only paused jobs want the step.
	ErrPaused = errors.New("every job that wants the step is paused")
	// ErrCancelled: no job wants the step any more.
	ErrCancelled = errors.New("no job wants the step any more")
	// ErrFailed: the step has failed, or will not be done because one before
	// it failed.
	ErrFailed = errors.New("the step has failed")
	// ErrWaits: the step waits for another that is the same work.
	ErrWaits = errors.New("the step waits for another that is the same work")
	// ErrGone: there is no such job on the farm.
	ErrGone = errors.New("the job is not enlisted")
	// ErrFull: Redis has used all memory that it may. Nothing was changed.
	ErrFull = errors.New("all memory of Redis is used")
	// ErrCrowded: 1,000 jobs want a step already. Try again when some are over.
	ErrCrowded = errors.New("1,000 jobs want the step already")
)

// BusyError says that another worker owns the step.
type BusyError struct {
	Worker string
	Age    time.Duration
}

// Error names the worker.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%s has had the step for %s", e.Worker, e.Age.Round(time.Millisecond))
}

// DoneError says that the step has a result.
type DoneError struct{ Content dag.ContentHash }

// Error names the result.
func (e *DoneError) Error() string { return "the step is done: " + e.Content.Short() }

// NotMeError says that this worker is not to have the step: it lacks a tag, or
// failed it while others live who did not. The step has a new release.
type NotMeError struct{ Release int64 }

// Error says so.
func (e *NotMeError) Error() string { return "the step is for another worker" }

// WaitError says that no claims are granted for a while, because a new epoch
// began.
type WaitError struct{ For time.Duration }

// Error says how long.
func (e *WaitError) Error() string {
	return fmt.Sprintf("no claims are granted for %s", e.For.Round(time.Millisecond))
}

// The codes of lua/core.lua.
const (
	codeOK = iota
	codeEpoch
	codeStale
	codeBusy
	codeDone
	codePaused
	codeNotMe
	codeLost
	codeWait
	codeHit
	codeFailed
	codeGone
	codeRetry
	codeCancelled
	codeCrowded
)

// refusal maps an answer's code to its error; nil for those that are none.
func refusal(a answer) error {
	switch a.code() {
	case codeEpoch:
		return ErrEpoch
	case codeStale:
		return ErrStale
	case codeBusy:
		return &BusyError{Worker: a.text(1), Age: time.Duration(a.number(2)) * time.Millisecond}
	case codeDone:
		return &DoneError{Content: a.hash(1)}
	case codePaused:
		return ErrPaused
	case codeNotMe:
		return &NotMeError{Release: a.number(1)}
	case codeLost:
		return ErrLost
	case codeWait:
		return &WaitError{For: time.Duration(a.number(1)) * time.Millisecond}
	case codeFailed:
		return ErrFailed
	case codeGone:
		return ErrGone
	case codeCancelled:
		return ErrCancelled
	case codeCrowded:
		return ErrCrowded
	}
	return nil
}
