package cache

import "context"

// tidyIfOver starts an eviction in the background when the cache is over its
// limit. It frees a tenth more than needed, because each one walks the whole
// cache: so the walk is paid for by a tenth of the cache in new results.
func (c *Cache) tidyIfOver() {
	used, err := c.usage()
	if err != nil || used <= c.limit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tidying {
		return
	}
	c.tidying = true
	c.background.Go(func() {
		err := c.tidy()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.tidying, c.tidyErr = false, err
	})
}

// tidy evicts, unless another process is doing it.
func (c *Cache) tidy() error {
	lock, err := tryLock(c.path("locks", "tidy"))
	if err != nil || lock == nil {
		return err
	}
	// Not the context of whoever put the last result: the cache is over its
	// limit whatever becomes of that one. Close waits.
	_, err = c.GC(context.Background(), c.limit/10*9, false)
	if removeErr := lock.remove(); err == nil {
		err = removeErr
	}
	return err
}
