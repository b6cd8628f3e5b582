package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/artdag/artdag/dag"
)

// Remove removes an entry with its log (dag.StepInput) or a source
// (dag.ContentInput) and returns the bytes that frees; with dryRun it only says
// how many that would be. What is pinned, held or being made stays: ErrBusy.
func (c *Cache) Remove(ctx context.Context, ref dag.Input, dryRun bool) (freed int64, err error) {
	kind, id := KindEntry, ref.Step.String()
	if ref.IsSource() {
		kind, id = KindSource, ref.Content.String()
	}
	if c.readOnly && !dryRun {
		err = ErrReadOnly
	} else {
		freed, err = c.remove(kind, id, dryRun)
	}
	if err = errors.Join(err, context.Cause(ctx)); err != nil {
		return freed, fmt.Errorf("cache: remove %s: %w", ref, err)
	}
	return freed, nil
}

func (c *Cache) remove(kind Kind, id string, dryRun bool) (freed int64, err error) {
	it, err := c.look(kind, id)
	if err != nil {
		return 0, missing(err)
	}
	err = c.evicting(func() error {
		k, err := c.kept()
		if err != nil {
			return err
		}
		if why := k.why(c, it); why != "" {
			return fmt.Errorf("%w: it is %s", ErrBusy, why)
		}
		if dryRun {
			freed, err = c.wouldFree(it)
			return err
		}
		freed, err = c.drop(it)
		return err
	})
	if err != nil || kind != KindEntry {
		return freed, err
	}
	logSize, err := c.removeLog(id, dryRun)
	return freed + logSize, err
}

// wouldFree keeps the books of an eviction for one item.
func (c *Cache) wouldFree(it item) (int64, error) {
	names, err := c.contentNames(it.path)
	if err != nil {
		return 0, err
	}
	n := &census{content: map[inode]bool{}, names: map[inode]uint64{}}
	n.add(it)
	for _, name := range names {
		info, err := os.Lstat(name)
		if err == nil {
			n.addContent(name, info)
		}
	}
	return n.remove(it), nil
}

func (c *Cache) removeLog(id string, dryRun bool) (int64, error) {
	it, err := c.look(KindLog, id)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil || dryRun {
		return it.Size, err
	}
	return it.Size, os.Remove(it.path)
}
