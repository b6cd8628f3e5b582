package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// A PanicError is a panic of a processor.
type PanicError struct {
	Value any
	Stack []byte
}

// Error says what was thrown, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// errSlow is the cause of a call's end when its time was over.
var errSlow = errors.New("took too long")

// hungError says that a call did not come back after it was told to stop.
// back is closed when it does.
type hungError struct {
	what string
	back <-chan struct{}
}

func (e *hungError) Error() string { return e.what + " hangs: it was told to stop and did not" }

// limits are how long a call may take, and how long it may go on after it was
// told to stop.
type limits struct{ timeout, grace time.Duration }

// call lets f do its work in a goroutine of its own: a panic becomes an error,
// and a call that does not come back is left behind, with a hungError.
func call[T any](ctx context.Context, clock Clock, l limits, what string, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type answer struct {
		value T
		err   error
	}
	answers, back := make(chan answer, 1), make(chan struct{})
	go func() {
		defer close(back)
		value, err := guarded(ctx, f)
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
	case <-clock.After(l.timeout):
		cancel(errSlow)
	}
	var none T
	select {
	case a := <-answers:
		if a.err == nil {
			return a.value, nil // finished in time after all
		}
		return none, fmt.Errorf("%s: %w: %v", what, context.Cause(ctx), a.err)
	case <-clock.After(l.grace):
		return none, &hungError{what, back}
	}
}

func guarded[T any](ctx context.Context, f func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = &PanicError{thrown, debug.Stack()}
		}
	}()
	return f(ctx)
}
