package cache

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Scratch is a folder of one's own on the cache's file system, where a step
// works and from where its result is moved into the cache. A lock is held while
// it lives; when the process dies, the next Open removes the folder.
type Scratch struct {
	Dir  string // absolute, empty at first
	lock *fileLock
}

// Scratch makes an empty folder. prefix makes it recognisable to people.
func (c *Cache) Scratch(prefix string) (*Scratch, error) {
	if c.readOnly {
		return nil, fmt.Errorf("cache: scratch: %w", ErrReadOnly)
	}
	dir, lock, err := c.scratchName(prefix)
	if err != nil {
		return nil, fmt.Errorf("cache: scratch: %w", full(err))
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cache: scratch: %w", errors.Join(full(err), lock.remove()))
	}
	return &Scratch{Dir: dir, lock: lock}, nil
}

// scratchName returns a new name, locked before the folder is made: a folder
// whose lock is free is taken for a dead one. A sweeper may be looking at the
// lock in the moment it appears; then another name serves.
func (c *Cache) scratchName(prefix string) (string, *fileLock, error) {
	for {
		dir := c.path("scratch", prefix+"-"+randomName())
		lock, err := tryLock(dir + ".lock")
		if lock != nil || err != nil {
			return dir, lock, err
		}
	}
}

// Close removes the folder and all in it. Files that Put took are not in it any
// more.
func (s *Scratch) Close() error {
	return errors.Join(removeAll(s.Dir), s.lock.remove())
}

// sweepScratch removes the scratch folders whose lock nobody holds.
func (c *Cache) sweepScratch() error {
	names, err := os.ReadDir(c.path("scratch"))
	if err != nil {
		return fmt.Errorf("sweep scratch: %w", err)
	}
	for _, entry := range names {
		dir := c.path("scratch", strings.TrimSuffix(entry.Name(), ".lock"))
		if err := sweep(dir); err != nil {
			return fmt.Errorf("sweep scratch: %w", err)
		}
	}
	return nil
}

func sweep(dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(dir + ".lock"); errors.Is(err, fs.ErrNotExist) {
			return nil // both were seen in the listing, and the first is done
		}
	}
	lock, err := tryLock(dir + ".lock")
	if err != nil || lock == nil {
		return err
	}
	return errors.Join(removeAll(dir), lock.remove())
}

// removeAll removes a folder, also where a tool left folders in it that nobody
// may write.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			return os.Chmod(path, 0o700) // before its names are read
		}
		return err
	})
	return errors.Join(err, os.RemoveAll(dir))
}

func randomName() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

// Borrow gives a running step a file of the cache as name in its scratch: a hard
// link, so that an eviction cannot hurt it, or a copy where the file has as many
// links as its file system allows. It returns the new path. The file is
// read-only and must not be written.
func (c *Cache) Borrow(s *Scratch, path, name string) (string, error) {
	dest := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return "", fmt.Errorf("cache: borrow: %w", full(err))
	}
	if err := linkOrCopy(path, dest); err != nil {
		return "", fmt.Errorf("cache: borrow %s: %w", path, missing(full(err)))
	}
	return dest, nil
}
