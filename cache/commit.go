package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag"
)

// commit makes the staged folders part of the cache. Until the rename of a
// folder it does not exist; after it, it is whole, and stays so through a power
// cut because everything in it was synced before.
//
// Where a folder of that name is there already and whole, it stays: the same
// bytes are no change, others are a DifferentError and nothing at all happens.
func (s *staging) commit() error {
	if err := s.cache.durable.save(s.unsaved); err != nil {
		return err
	}
	// In one go with the check: of two that store the same step at once, the
	// second sees the first.
	if err := s.cache.store.do(s.install); err != nil {
		return err
	}
	s.cache.upkeep()
	return s.cache.durable.save(s.parents())
}

func (s *staging) install() error {
	for _, f := range s.folders {
		if m, err := s.cache.whole(s.cache.path(f.place)); err == nil && m.Content != f.meta.Content {
			return s.different(f, m.Content)
		}
	}
	added, err := s.adoptFiles()
	if err != nil {
		return err
	}
	for _, f := range s.folders {
		n, err := s.installFolder(f)
		if err != nil {
			return err
		}
		added += n
	}
	s.adopted = nil
	return s.cache.addUsage(added)
}

func (s *staging) different(f stagedFolder, recorded dag.ContentHash) error {
	err := &DifferentError{Recorded: recorded, Got: f.meta.Content}
	return errors.Join(err.ID.UnmarshalText([]byte(filepath.Base(f.place))), err)
}

// installFolder moves one folder into its place and returns the bytes it added.
func (s *staging) installFolder(f stagedFolder) (int64, error) {
	place := s.cache.path(f.place)
	if _, err := s.cache.whole(place); err == nil {
		s.cache.touch(filepath.Join(place, metadataName))
		return 0, nil
	}
	// In the journal first: if the process dies in between, the snapshot finds
	// no folder and forgets the line, whereas a folder without a line would be
	// missing from the snapshot until the next rebuild.
	if err := s.cache.appendJournal("+", f.place); err != nil {
		return 0, err
	}
	if err := s.clear(place); err != nil {
		return 0, err
	}
	return f.metaSize, full(os.Rename(f.dir, place))
}

// clear moves what is left of a damaged folder out of the way, to be removed.
func (s *staging) clear(place string) error {
	err := os.Rename(place, s.path("damaged-"+randomName()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// adoptFiles makes sure that content/ has every staged file, and that the staged
// file is the one in content/. It returns the bytes that are new on the disk.
func (s *staging) adoptFiles() (added int64, err error) {
	for i, folder := range s.folders {
		for _, f := range folder.meta.files() {
			s.adopted = append(s.adopted, s.cache.contentPath(f.content))
			n, err := s.cache.adopt(filepath.Join(folder.dir, f.name), f.digest)
			if err != nil {
				return 0, fmt.Errorf("store %s: %w", f.name, full(err))
			}
			if i == 0 {
				added += n
			}
		}
	}
	return added, nil
}

// adopt links the staged file into content/, or, when another process stored the
// same bytes in the meantime, replaces it by a link to theirs.
func (c *Cache) adopt(staged string, d digest) (added int64, err error) {
	place := c.contentPath(d.content)
	mine, err := os.Lstat(staged)
	if err != nil {
		return 0, err
	}
	theirs, err := os.Lstat(place)
	switch {
	case err == nil && os.SameFile(mine, theirs):
		return 0, nil
	case err == nil && theirs.Size() == d.size && sealed(theirs):
		return c.share(staged, place)
	case err == nil:
		if err := os.Remove(place); err != nil { // damaged
			return 0, err
		}
	}
	return d.size, c.linkAsContent(staged, place)
}

func (c *Cache) linkAsContent(staged, place string) error {
	err := os.Link(staged, place)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	return os.Link(staged, place)
}

// share replaces a staged file by a link to the same bytes. When those have as
// many names as they can, the staged file takes their place in content/, so that
// the next ones link to it.
func (c *Cache) share(staged, place string) (added int64, err error) {
	twin := staged + ".twin"
	err = os.Link(place, twin)
	if err == nil {
		return 0, os.Rename(twin, staged)
	}
	info, statErr := os.Lstat(staged)
	if statErr != nil || !tooManyLinks(err) {
		return 0, errors.Join(err, statErr)
	}
	if err := os.Link(staged, twin); err != nil {
		return 0, err
	}
	return info.Size(), os.Rename(twin, place)
}

// parents returns the folders that gained an entry.
func (s *staging) parents() []string {
	paths := []string{}
	for _, f := range s.folders {
		paths = append(paths, filepath.Dir(s.cache.path(f.place)))
	}
	if len(paths) == 2 && paths[0] == paths[1] {
		return paths[:1]
	}
	return paths
}
