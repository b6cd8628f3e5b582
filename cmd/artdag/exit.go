package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor/sandbox"
)

// The exit codes, as documented in docs/cli.md.
const (
	exitDone        = 0
	exitFailed      = 1 // a step failed, or verification found other bytes
	exitInvalid     = 2 // the recipe or the arguments are wrong
	exitMissing     = 3 // a tool or a service is missing
	exitInterrupted = 4
)

// usageError is a fault in the arguments.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errReported ends a command that has said what is wrong already.
var errReported = errors.New("a step failed")

// exit prints err, if it was not reported yet, and returns its exit code.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	if !errors.Is(err, errReported) && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(a.stderr, "artdag: %v\n", err)
	}
	return exitCode(err)
}

// exitCode is the one table from kinds of errors to exit codes.
func exitCode(err error) int {
	var faults recipe.Faults
	var usage usageError
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &faults), errors.As(err, &usage):
		return exitInvalid
	case errors.Is(err, sandbox.ErrMissing), errors.Is(err, cache.ErrFull), errors.Is(err, engine.ErrReadOnly):
		return exitMissing
	}
	return exitFailed
}
