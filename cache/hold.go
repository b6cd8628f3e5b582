package cache

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/gofrs/flock"

	"github.com/artdag/artdag/dag"
)

// Hold keeps what it names from being evicted or removed, by any process, until
// it is released or its process dies.
type Hold struct {
	cache *Cache
	lock  *fileLock
}

// Hold holds entries (dag.StepInput) and bytes, whatever item has them
// (dag.ContentInput). What is named need not exist yet. Take a hold first and
// look afterwards: what is found then stays.
func (c *Cache) Hold(refs ...dag.Input) (*Hold, error) {
	if c.readOnly {
		return &Hold{}, nil // nothing is evicted
	}
	var h *Hold
	err := c.holding(func() error {
		lock, err := tryLock(c.path("holds", randomName()))
		h = &Hold{cache: c, lock: lock}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cache: hold: %w", full(err))
	}
	return h, h.Add(refs...)
}

// Add holds more.
func (h *Hold) Add(refs ...dag.Input) error {
	if h.lock == nil || len(refs) == 0 {
		return nil
	}
	var text strings.Builder
	for _, ref := range refs {
		fmt.Fprintln(&text, ref)
	}
	err := h.cache.holding(func() error {
		f, err := os.OpenFile(h.lock.path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = io.WriteString(f, text.String())
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return fmt.Errorf("cache: hold: %w", full(err))
	}
	return nil
}

// Release lets go of everything. Call it once.
func (h *Hold) Release() error {
	if h.lock == nil {
		return nil
	}
	return h.lock.remove()
}

// holding runs fn while no eviction is between its look at the holds and its
// removals.
func (c *Cache) holding(fn func() error) error {
	l := flock.New(c.path("locks", "evict"))
	if err := l.RLock(); err != nil {
		return err
	}
	return errors.Join(fn(), l.Close())
}

// evicting is the other side: it runs fn while no hold or pin is being made.
func (c *Cache) evicting(fn func() error) error {
	l := flock.New(c.path("locks", "evict"))
	if err := l.Lock(); err != nil {
		return err
	}
	return errors.Join(fn(), l.Close())
}
