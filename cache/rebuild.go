package cache

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// Rebuild makes everything again that the folders of entries and sources imply:
// the links in content/, the count of bytes, the indexes.
func (c *Cache) Rebuild(ctx context.Context) error {
	err := ErrReadOnly
	if !c.readOnly {
		err = c.rebuild(ctx)
	}
	if err != nil {
		return fmt.Errorf("cache: rebuild: %w", err)
	}
	return nil
}

func (c *Cache) rebuild(ctx context.Context) error {
	lock, err := waitLock(ctx, c.path("locks", "snapshot"))
	if err != nil {
		return err
	}
	err = errors.Join(c.relink(ctx), c.rewriteIndexes(ctx))
	return errors.Join(err, lock.remove())
}

func (c *Cache) rewriteIndexes(ctx context.Context) error {
	size := 0
	err := c.store.do(func() (err error) {
		_, size, err = c.readJournal()
		return err
	})
	if err != nil {
		return err
	}
	if err := c.writeIndexes(ctx); err != nil {
		return err
	}
	return c.store.do(func() error { return c.cutJournal(size) })
}

// relink gives every whole item its names in content/ and counts the bytes.
func (c *Cache) relink(ctx context.Context) error {
	before, err := c.usage()
	if err != nil {
		return err
	}
	for it, err := range c.items(ctx) {
		if err != nil {
			return err
		}
		if it.Kind != KindEntry && it.Kind != KindSource {
			continue
		}
		if err := c.relinkItem(it.path); err != nil {
			return err
		}
	}
	census, err := c.census(ctx)
	if err != nil {
		return err
	}
	return c.store.do(func() error { return c.addUsage(census.counted - before) })
}

func (c *Cache) relinkItem(dir string) error {
	m, err := c.whole(dir)
	if err != nil {
		return nil // damaged: for verify to say and repair
	}
	return c.store.do(func() error {
		for _, f := range m.files() {
			if _, err := c.adopt(filepath.Join(dir, f.name), f.digest); err != nil {
				return err
			}
		}
		return nil
	})
}
