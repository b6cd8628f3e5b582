package cache

import (
	"context"
	"errors"
)

// snapshotEvery is after how many results a process looks whether the indexes
// are due. A process that ends looks once more.
const snapshotEvery = 1000

// upkeep starts what is due after a result was stored, in the background: an
// eviction when the cache is over its limit, and the index snapshots.
func (c *Cache) upkeep() {
	used, err := c.usage()
	over := err == nil && used > c.limit
	snapshot := c.commits.Add(1)%snapshotEvery == 0
	if !over && !snapshot {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tidying {
		return
	}
	c.tidying = true
	c.background.Go(func() {
		var err error
		if over {
			err = c.tidy()
		}
		if snapshot {
			err = errors.Join(err, c.snapshotIfDue())
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tidying, c.tidyErr = false, err
	})
}

// tidy evicts, unless another process is doing it. It frees a tenth more than
// needed, because it walks the whole cache: so the walk is paid for by a tenth
// of the cache in new results.
func (c *Cache) tidy() error {
	lock, err := tryLock(c.path("locks", "tidy"))
	if err != nil || lock == nil {
		return err
	}
	// Not the context of whoever put the last result: the cache is over its
	// limit whatever becomes of that one. Close waits.
	_, err = c.GC(context.Background(), c.limit/10*9, false)
	return errors.Join(err, lock.remove())
}
