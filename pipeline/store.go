package pipeline

import (
	"context"
	"time"

	"github.com/artdag/artdag/catalog"
)

// Store is what the runner needs of the catalog.
type Store interface {
	Cursors
	FaultLog
}

// Cursors are where processors stand, and who works on them.
type Cursors interface {
	// Acquire takes or prolongs the owner's lease on a processor and returns its
	// committed cursor. held is false while another owner's lease lasts.
	Acquire(ctx context.Context, processor, owner string, now time.Time, lease time.Duration) (cursor string, held bool, err error)
	// Release hands the lease back.
	Release(ctx context.Context, processor, owner string) error
	// Advance applies writes and moves the cursor in one transaction, or fails
	// with catalog.ErrMoved when the owner or the cursor is another, or the lease
	// has lapsed.
	Advance(ctx context.Context, processor, owner, from, to string, now time.Time, w catalog.Writes) error
}

// FaultLog is what items failed.
type FaultLog interface {
	// DueFaults returns up to limit faults, not parked, whose time has come.
	DueFaults(ctx context.Context, processor string, now time.Time, limit int) ([]catalog.ItemFault, error)
	// FaultsOf returns the faults among the items.
	FaultsOf(ctx context.Context, processor string, items []string) (map[string]catalog.ItemFault, error)
	Faults
}

// Faults lists up to limit faults of a processor.
type Faults interface {
	Faults(ctx context.Context, processor string, parkedOnly bool, limit int) ([]catalog.ItemFault, error)
}

var _ Store = (*catalog.DB)(nil)
