package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The indexes are snapshots for people and other programs, and a short cut for
// ByCID. Each is a JSON object of strings, one member a line, sorted by key.
const (
	indexName   = "index.json"         // cache_id -> content_hash
	contentName = "content_index.json" // content_hash -> folder, relative to the cache
	ipfsName    = "ipfs_index.json"    // content_hash -> cid
)

// cheapIndex is the size up to which an index is written whenever something
// changed. Beyond it, the journal must have grown to its size first; so writing
// it costs each change the same, however many entries there are.
const cheapIndex = 256 << 10 // bytes

func (c *Cache) snapshotIfDue() error {
	journal, err := os.Stat(c.path(journalName))
	if err != nil || journal.Size() == 0 {
		return nil // nothing changed
	}
	index, err := os.Stat(c.path(indexName))
	if err == nil && index.Size() > cheapIndex && journal.Size() < index.Size() {
		return nil
	}
	if err != nil && c.crowded() {
		return nil // the index was deleted; only Rebuild reads every folder
	}
	return c.snapshot()
}

// crowded reports whether reading every entry would keep somebody waiting.
func (c *Cache) crowded() bool {
	seen := 0
	for names := range readDir(c.dir) {
		seen += len(names)
		if seen >= 4096 {
			return true
		}
	}
	return false
}

// snapshot brings the index files up to the journal. One process at a time does
// it; the others go on, and their changes are in the journal for the next one.
func (c *Cache) snapshot() error {
	lock, err := tryLock(c.path("locks", "snapshot"))
	if err != nil || lock == nil {
		return err
	}
	if err := errors.Join(c.writeSnapshot(), lock.remove()); err != nil {
		return fmt.Errorf("cache: write the indexes: %w", full(err))
	}
	return nil
}

func (c *Cache) writeSnapshot() error {
	var changed map[string]bool
	size := 0
	err := c.store.do(func() (err error) {
		changed, size, err = c.readJournal()
		return err
	})
	if err != nil {
		return err
	}
	if err := c.mergeIndexes(changed); err != nil {
		// Missing or edited by hand: the folders know all of it.
		if err := c.writeIndexes(context.Background()); err != nil {
			return err
		}
	}
	return c.store.do(func() error { return c.cutJournal(size) })
}

// mergeIndexes reads the folders that changed and merges them into the files.
func (c *Cache) mergeIndexes(changed map[string]bool) error {
	x := newIndexes()
	for folder := range changed {
		m, err := readMetadata(c.path(folder))
		if err != nil {
			x.gone[folder] = true
			continue
		}
		x.add(folder, m)
	}
	nodes := x.nodes
	for folder := range x.gone {
		nodes[folder] = "" // deleted
	}
	if err := mergeIndex(c.path(indexName), nodes, nil); err != nil {
		return err
	}
	lost := map[string]bool{}
	err := mergeIndex(c.path(contentName), x.contents, func(content, folder string) bool {
		lost[content] = lost[content] || x.gone[folder]
		return x.gone[folder]
	})
	if err != nil {
		return err
	}
	return mergeIndex(c.path(ipfsName), x.cids, func(content, _ string) bool {
		return lost[content] && !c.hasContent(content)
	})
}

// hasContent reports whether another item keeps these bytes.
func (c *Cache) hasContent(hex string) bool {
	_, err := os.Lstat(c.path("content", hex[:2], hex))
	return err == nil
}

// writeIndexes makes the index files from the folders alone.
func (c *Cache) writeIndexes(ctx context.Context) error {
	x := newIndexes()
	for it, err := range c.items(ctx) {
		if err != nil {
			return err
		}
		if it.Kind != KindEntry && it.Kind != KindSource {
			continue
		}
		folder, err := filepath.Rel(c.dir, it.path)
		if err != nil {
			return err
		}
		m, err := readMetadata(it.path)
		if err == nil {
			x.add(folder, m)
		}
	}
	for name, pairs := range map[string]map[string]string{
		indexName: x.nodes, contentName: x.contents, ipfsName: x.cids,
	} {
		if err := os.Remove(c.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := writeIndex(c.path(name), pairs); err != nil {
			return err
		}
	}
	return nil
}

// indexes is what some folders add to the three files.
type indexes struct {
	nodes, contents, cids map[string]string
	gone                  map[string]bool // folders that are no more
}

func newIndexes() *indexes {
	return &indexes{map[string]string{}, map[string]string{}, map[string]string{}, map[string]bool{}}
}

func (x *indexes) add(folder string, m *metadata) {
	if m.ID != "" {
		x.nodes[folder] = m.Content.String()
	}
	for _, f := range m.files() {
		x.contents[f.content.String()] = folder
		x.cids[f.content.String()] = f.cid
	}
}
