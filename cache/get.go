package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag"
)

// Get returns the entry of that id if it is whole: its metadata can be read and
// each of its files has its size and its seal. Else the error is ErrMissing and
// says why. Get counts as a use; the bytes may be evicted afterwards unless they
// are held (Hold) or borrowed (Borrow).
func (c *Cache) Get(id dag.CacheID) (*Entry, error) {
	e, err := c.Peek(id)
	if err == nil {
		c.touch(filepath.Join(e.Dir, metadataName))
	}
	return e, err
}

// Peek is Get for who only looks: it does not count as a use.
func (c *Cache) Peek(id dag.CacheID) (*Entry, error) {
	dir := c.path(id.String())
	m, err := c.whole(dir)
	var e *Entry
	if err == nil {
		e, err = m.entry(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("cache: get %s: %w", id.Short(), missing(err))
	}
	return e, nil
}

// Still reports whether an entry that Get or Peek returned is there yet: one
// stat, because an entry goes as a whole.
func (c *Cache) Still(e *Entry) bool {
	_, err := os.Lstat(filepath.Join(e.Dir, metadataName))
	return err == nil
}

// whole reads the metadata of a folder and looks at each of its files.
func (c *Cache) whole(dir string) (*metadata, error) {
	m, err := readMetadata(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range m.files() {
		if err := c.check(filepath.Join(dir, f.name), f.size, f.content); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// missing makes err an ErrMissing that keeps its reason, where there is more to
// say than that nothing is there.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	return fmt.Errorf("%w: %w", ErrMissing, err)
}

// touch records a use, as the time of metadata.json. Where that fails (a
// read-only cache) nothing is evicted either.
func (c *Cache) touch(path string) {
	if !c.readOnly {
		now := c.now()
		_ = os.Chtimes(path, now, now)
	}
}
