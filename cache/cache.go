package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/artdag/artdag/dag"
)

// Cache is an open cache folder. All methods are safe for concurrent use, and
// several processes may have the same folder open.
type Cache struct {
	dir      string
	now      func() time.Time
	limit    int64
	readOnly bool
	store    *storeLock
	durable  *committer
	disk     *disk
	blocks   sync.Pool // of *block: what streams through here

	staged *Scratch // of all puts; made by the first, guarded by mu

	background sync.WaitGroup
	commits    atomic.Int64
	mu         sync.Mutex
	tidying    bool  // upkeep runs in the background
	tidyErr    error // of the last one
}

// Options are what Open may be told. The zero value is the default.
type Options struct {
	// Limit is how many bytes the cache may take; 0 means 80% of what is free
	// on its disk or taken by it already.
	Limit int64
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// folders are made by Open. Entries stand beside them, under their cache_id.
func folders() []string {
	return []string{
		"sources", "plans", "analysis", "logs", // what people look for
		"content", "hashed", // by content_hash; remembered hashes of files read in place
		"scratch", "locks", "holds", "pins",
	}
}

// Open opens the cache in dir and makes it if need be. Where the folder exists
// but cannot be written the cache is read-only: hits work, nothing is stored.
// Scratch folders that a killed process left behind are removed.
func Open(dir string, opts Options) (*Cache, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	c := &Cache{dir: dir, now: opts.Now, limit: opts.Limit}
	c.blocks.New = func() any { return &block{data: make([]byte, blockSize)} }
	if c.now == nil {
		c.now = time.Now
	}
	if err := c.prepare(); err != nil {
		if info, statErr := os.Stat(dir); !refused(err) || statErr != nil || !info.IsDir() {
			return nil, fmt.Errorf("cache: open %s: %w", dir, err)
		}
		c.readOnly = true
		return c, nil
	}
	if c.limit == 0 {
		c.limit = c.defaultLimit()
	}
	if err := c.sweepScratch(); err != nil {
		return nil, fmt.Errorf("cache: open %s: %w", dir, errors.Join(err, c.store.close(), c.disk.close()))
	}
	return c, nil
}

// prepare makes the layout and opens the store's lock for writing, which fails
// where the cache can only be read.
func (c *Cache) prepare() error {
	for _, name := range folders() {
		if err := os.MkdirAll(filepath.Join(c.dir, name), 0o755); err != nil {
			return err
		}
	}
	store, err := openStoreLock(filepath.Join(c.dir, "store.lock"))
	c.store = store
	if err != nil {
		return err
	}
	c.disk, err = openDisk(c.dir)
	c.durable = newCommitter(c.makeDurable)
	return err
}

func refused(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// Close waits for an eviction in the background, writes the index snapshots
// where that is cheap, and closes the cache. It returns what went wrong in the
// background; the entries are safe whatever it returns.
func (c *Cache) Close() error {
	if c.readOnly {
		return nil
	}
	c.background.Wait()
	return errors.Join(c.tidyErr, c.snapshotIfDue(), c.closeStaged(), c.store.close(), c.disk.close())
}

// Dir returns the absolute path of the cache's folder.
func (c *Cache) Dir() string { return c.dir }

// ReadOnly reports whether the folder could not be opened for writing.
func (c *Cache) ReadOnly() bool { return c.readOnly }

// Limit returns how many bytes the cache may take.
func (c *Cache) Limit() int64 { return c.limit }

// defaultLimit is 80% of the free space, where what the cache holds already
// counts as free: else a full cache would shrink at every start.
func (c *Cache) defaultLimit() int64 {
	free := freeBytes(c.dir)
	if free < 0 {
		return 1<<63 - 1
	}
	used, _ := c.usage() // a lost counter is made again by the next eviction
	return (free + used) / 10 * 8
}

func (c *Cache) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}

func (c *Cache) contentPath(h dag.ContentHash) string {
	name := h.String()
	return c.path("content", name[:2], name)
}
