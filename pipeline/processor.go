package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/artdag/artdag/catalog"
)

// Item is one piece of work that a trigger found.
type Item struct {
	// Key names the item among all that its processor ever meets: what is
	// retried, parked and shown goes by it.
	Key string
	// Data is what Process needs of it, of the processor's own type.
	Data any
}

// Processor is background work: a trigger that finds items, and a function that
// works on them. The runner calls its methods one after the other, never two at
// once in the same process; another process may go on with the same items when
// this one lost its lease, so doing something twice must do no harm.
type Processor interface {
	// Name is the processor's for ever: its cursor and its faults are kept
	// under it.
	Name() string
	// Trigger returns the next items behind the cursor, in the order in which
	// they are to be processed, and the cursor behind them. The cursor is empty
	// at first. A processor that keeps its progress on the records themselves
	// returns the cursor as it got it. No items means that there is nothing to
	// do now.
	Trigger(ctx context.Context, cursor string) (items []Item, next string, err error)
	// Process does the work for some of the items and returns what is to be
	// written into the catalog, which happens afterwards and in one transaction
	// with the cursor. An error means that all of the items failed and nothing is
	// written, but for ItemErrors: then only those that it names failed.
	Process(ctx context.Context, items []Item) (catalog.Writes, error)
}

// Loader is a processor that can find items by their keys. The runner asks it
// for failed items whose time has come, when the cursor is past them. Keys that
// are work no more are left out of the answer, and then forgotten.
type Loader interface {
	Load(ctx context.Context, keys []string) ([]Item, error)
}

// Committer is a processor that wants to know the committed cursor. The runner
// tells it after each change and when it takes over, at least once each; an
// error is tried again, with back-off, before anything else is done.
type Committer interface {
	Committed(ctx context.Context, cursor string) error
}

// ErrUnavailable: a service that the work needs is down. That is nobody's
// failure: the runner waits, and no item is blamed.
var ErrUnavailable = errors.New("service unavailable")

// Unavailable makes err one that is ErrUnavailable. service says what is down.
func Unavailable(service string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %w", service, ErrUnavailable, err)
}

// ItemErrors says by key which items failed. What Process returns beside it
// holds for the others.
type ItemErrors map[string]error

// Error names how many failed and the first of them.
func (e ItemErrors) Error() string {
	keys := slices.Sorted(maps.Keys(e))
	if len(keys) == 0 {
		return "no item failed"
	}
	return fmt.Sprintf("%d items failed, first %s: %v", len(keys), keys[0], e[keys[0]])
}

// A classified error says which of the farm's classes it belongs to: invalid,
// failed, lost, unavailable, cancelled. Others are "failed".
type classified interface{ Class() string }

func class(err error) string {
	var c classified
	var crash *PanicError
	switch {
	case errors.As(err, &c):
		return c.Class()
	case errors.As(err, &crash):
		return "panic"
	case errors.Is(err, errRepeated):
		return "repeated"
	}
	return "failed"
}
