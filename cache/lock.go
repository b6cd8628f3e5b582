package cache

import (
	"context"
	"fmt"

	"github.com/artdag/artdag/dag"
)

// Lock is the right to execute one step among all processes that share the
// folder. It ends with the process that has it, however that dies.
type Lock struct{ file *fileLock }

// Lock waits until no other holder, in this process or another, has the lock of
// that step. Who gets it looks for the entry once more: the step may have been
// executed meanwhile. The error is the context's, or of the disk.
func (c *Cache) Lock(ctx context.Context, id dag.CacheID) (*Lock, error) {
	if c.readOnly {
		return nil, fmt.Errorf("cache: lock %s: %w", id.Short(), ErrReadOnly)
	}
	file, err := waitLock(ctx, c.path("locks", id.String()))
	if err != nil {
		return nil, fmt.Errorf("cache: lock %s: %w", id.Short(), full(err))
	}
	return &Lock{file}, nil
}

// Unlock lets the next one in. Call it once.
func (l *Lock) Unlock() error {
	if err := l.file.remove(); err != nil {
		return fmt.Errorf("cache: unlock: %w", err)
	}
	return nil
}
