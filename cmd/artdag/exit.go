package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/artdag/artdag/backup"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor/sandbox"
)

// The exit codes, as documented in docs/cli.md.
const (
	exitDone        = 0
	exitFailed      = 1 // a step failed, the job was cancelled, or verification found other bytes
	exitInvalid     = 2 // the recipe or the arguments are wrong
	exitMissing     = 3 // a tool, a service or the farm is missing, the disk is full, or the cache lacks what it may not make
	exitInterrupted = 4
)

// usageError is a fault in the arguments.
type usageError struct{ error }

// Unwrap returns the cause.
func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errReported ends a command that has said what is wrong already.
var errReported = errors.New("a step failed")

// exit prints err, if it was not reported yet, and returns its exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	switch {
	case errors.Is(err, errReported):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "artdag: interrupted")
	default:
		fmt.Fprintf(a.stderr, "artdag: %v\n", err)
	}
	return exitCode(err)
}

// missingKinds are the errors of a machine that lacks something.
func missingKinds() []error {
	return []error{sandbox.ErrMissing, cache.ErrFull, cache.ErrReadOnly, catalog.ErrReadOnly, engine.ErrReadOnly, syscall.ENOSPC, catalog.ErrUnavailable}
}

// refusedKinds are the errors of backups, or of catalogs, that are not taken.
func refusedKinds() []error {
	return []error{
		backup.ErrForeign, backup.ErrCut, backup.ErrDamaged, backup.ErrNewer,
		catalog.ErrNone, catalog.ErrNotEmpty, catalog.ErrBusy, catalog.ErrNewer,
	}
}

// exitCode is the one table from kinds of errors to exit codes.
func exitCode(err error) int {
	var faults recipe.Faults
	var usage usageError
	var input *engine.InputError
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if code, ok := remoteCode(err); ok {
		return code
	}
	// Before the faults of inputs: a tool may be missing that would measure one.
	for _, kind := range missingKinds() {
		if errors.Is(err, kind) {
			return exitMissing
		}
	}
	for _, kind := range refusedKinds() {
		if errors.Is(err, kind) {
			return exitInvalid
		}
	}
	switch {
	case errors.As(err, &faults), errors.As(err, &usage), errors.As(err, &input):
		return exitInvalid
	}
	return exitFailed
}
