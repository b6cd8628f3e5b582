package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Evicted is one item that an eviction removed, or would remove.
type Evicted struct {
	Item
	// Freed is how many bytes that gave back: fewer than Size where other items
	// or a running step have the same files.
	Freed int64
}

// GCReport is what an eviction did, or would do.
type GCReport struct {
	Evicted       []Evicted
	Freed         int64 // bytes, garbage of killed processes included
	Before, After int64 // bytes that the cache takes, every file once
	Kept          int   // items passed over: pinned, held or being made
}

// GC evicts the least recently used items until the cache takes at most limit
// bytes; a negative limit means the cache's own. What is pinned, held or being
// made stays. With dryRun nothing is changed and the report says what would be,
// to the byte, as long as nothing else changes the cache.
func (c *Cache) GC(ctx context.Context, limit int64, dryRun bool) (GCReport, error) {
	if limit < 0 {
		limit = c.limit
	}
	if c.readOnly && !dryRun {
		return GCReport{}, fmt.Errorf("cache: gc: %w", ErrReadOnly)
	}
	report, err := c.gc(ctx, limit, dryRun)
	if err != nil {
		return report, fmt.Errorf("cache: gc: %w", err)
	}
	return report, nil
}

func (c *Cache) gc(ctx context.Context, limit int64, dryRun bool) (GCReport, error) {
	before, err := c.usage()
	if err != nil {
		return GCReport{}, err
	}
	census, err := c.census(ctx)
	if err != nil {
		return GCReport{}, err
	}
	k, err := c.kept()
	if err != nil {
		return GCReport{}, err
	}
	plan := census.plan(limit, func(it item) bool { return k.why(c, it) != "" })
	if dryRun {
		return plan, nil
	}
	return c.carryOut(ctx, plan, census, before)
}

// carryOut removes what the plan lists, looking again at each item, because it
// may have been used, held or pinned since.
func (c *Cache) carryOut(ctx context.Context, plan GCReport, census *census, usage int64) (GCReport, error) {
	done := GCReport{Before: plan.Before, Kept: plan.Kept}
	freed, err := c.removeGarbage(census)
	done.Freed = freed
	for batch := range slices.Chunk(plan.Evicted, 256) {
		if err = errors.Join(err, context.Cause(ctx)); err != nil {
			break
		}
		err = c.evicting(func() error { return c.evictBatch(batch, &done) })
	}
	done.After = done.Before - done.Freed
	// Puts went on meanwhile: what they added since the count began stays added.
	correct := func() error { return c.addUsage(census.counted - usage) }
	return done, errors.Join(err, c.store.do(correct))
}

func (c *Cache) evictBatch(batch []Evicted, done *GCReport) error {
	k, err := c.kept()
	if err != nil {
		return err
	}
	for _, planned := range batch {
		it, err := c.look(planned.Kind, planned.ID)
		if errors.Is(err, fs.ErrNotExist) {
			continue // somebody else removed it
		}
		if err != nil {
			return err
		}
		if it.LastUsed.After(planned.LastUsed) || k.why(c, it) != "" {
			done.Kept++
			continue
		}
		freed, err := c.drop(it)
		if err != nil {
			return err
		}
		done.Freed += freed
		done.Evicted = append(done.Evicted, Evicted{it.Item, freed})
	}
	return nil
}

// drop removes one item and returns the bytes that were freed. It goes from its
// place in one rename, so that it is whole or gone at every instant.
func (c *Cache) drop(it item) (freed int64, err error) {
	s, err := c.Scratch("evict")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	trash := filepath.Join(s.Dir, "item")
	err = c.store.do(func() error {
		if err := os.Rename(it.path, trash); err != nil {
			return err
		}
		names, err := c.contentNames(trash)
		if err != nil {
			return err
		}
		freed, err = c.dropFiles(trash, names)
		if it.Kind == KindEntry || it.Kind == KindSource {
			folder, relErr := filepath.Rel(c.dir, it.path)
			err = errors.Join(err, relErr, c.appendJournal("-", folder))
		}
		return errors.Join(err, c.uncount(it.Kind, freed))
	})
	return freed, err
}

// uncount takes freed bytes off the count, which does not include documents.
func (c *Cache) uncount(kind Kind, freed int64) error {
	if kind == KindEntry || kind == KindSource {
		return c.addUsage(-freed)
	}
	return nil
}

// contentNames returns the names in content/ that the files of a folder may
// have, by what its metadata says; damaged metadata names none, and what is
// left in content/ is garbage for the next eviction.
func (c *Cache) contentNames(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, metadataName))
	if err != nil {
		return nil, nil // a document, or damaged
	}
	m, err := parseMetadata(text)
	if err != nil {
		return nil, nil
	}
	names := make([]string, 0, 1+len(m.Members))
	for _, f := range m.files() {
		names = append(names, c.contentPath(f.content))
	}
	return names, nil
}

// dropFiles removes what is at path, and those of the names in content/ that
// are the last of their file. The caller has the store lock, under which no new
// link is made.
func (c *Cache) dropFiles(path string, names []string) (freed int64, err error) {
	err = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		n, err := removeFile(path)
		freed += n
		return err
	})
	for _, name := range names {
		n, removeErr := removeIfLast(name)
		freed += n
		err = errors.Join(err, removeErr)
	}
	return freed, err
}

// removeFile removes a name and returns the bytes that this frees: none when
// the file has another name.
func removeFile(path string) (int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, err
	}
	if _, links := inodeOf(info); links > 1 {
		return 0, os.Remove(path)
	}
	return info.Size(), os.Remove(path)
}

// removeIfLast removes a name in content/ that no item shares.
func removeIfLast(path string) (int64, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if _, links := inodeOf(info); links > 1 {
		return 0, nil
	}
	return info.Size(), os.Remove(path)
}

// removeGarbage removes the files in content/ that no item has: what a process
// left that was killed between storing bytes and their folder.
func (c *Cache) removeGarbage(census *census) (freed int64, err error) {
	for _, path := range census.garbage {
		err = errors.Join(err, c.store.do(func() error {
			n, err := removeIfLast(path)
			freed += n
			return errors.Join(err, c.addUsage(-n))
		}))
	}
	return freed, err
}
