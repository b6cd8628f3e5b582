package cache

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/artdag/artdag/dag"
)

// Kind is what an Item is.
type Kind string

// The kinds of items.
const (
	KindEntry    Kind = "entry"    // the result of a step
	KindSource   Kind = "source"   // bytes that were handed to the cache
	KindPlan     Kind = "plan"     // a plan's document
	KindAnalysis Kind = "analysis" // a measurement's document
	KindLog      Kind = "log"      // the log of a step's last execution
	KindHashed   Kind = "hashed"   // the remembered hash of a file read in place
)

// Item is one thing in the cache that can be evicted by itself.
type Item struct {
	Kind     Kind
	ID       string    // its name: a cache_id, content_hash, plan_id, analysis_id
	Size     int64     // bytes of all its files; other items may share them
	LastUsed time.Time // the zero time when its folder is damaged
}

// kindPath returns where an item of that kind and name stands.
func (c *Cache) kindPath(kind Kind, id string) string {
	switch kind {
	case KindEntry:
		return c.path(id)
	case KindSource:
		return c.path("sources", id)
	case KindPlan:
		return c.path("plans", id+".json")
	case KindAnalysis:
		return c.path("analysis", id+".json")
	case KindLog:
		return c.path("logs", id+".log")
	}
	return c.path("hashed", id+".json")
}

// item is an Item with what an eviction has to know of it.
type item struct {
	Item
	path  string
	files []fileOnDisk // metadata.json included
}

type fileOnDisk struct {
	inode inode
	size  int64
	links uint64
}

// items walks everything in the cache, in no particular order, without reading
// a single file. What disappears meanwhile is left out.
func (c *Cache) items(ctx context.Context) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for _, kind := range []Kind{KindEntry, KindSource, KindPlan, KindAnalysis, KindLog, KindHashed} {
			if !c.itemsOf(ctx, kind, yield) {
				return
			}
		}
	}
}

func (c *Cache) itemsOf(ctx context.Context, kind Kind, yield func(item, error) bool) bool {
	folder := filepath.Dir(c.kindPath(kind, "x"))
	for names, err := range readDir(folder) {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			yield(item{}, err)
			return false
		}
		for _, name := range names {
			id := strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".log")
			if c.kindPath(kind, id) != filepath.Join(folder, name) || (kind == KindEntry && !isID(id)) {
				continue
			}
			it, err := c.look(kind, id)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if !yield(it, err) || err != nil {
				return false
			}
		}
	}
	return true
}

// isID tells the folders of entries from the others beside them.
func isID(name string) bool {
	_, err := dag.ParseID[dag.CacheID](name)
	return err == nil
}

// readDir yields the names in a folder some thousand at a time, because there
// may be millions.
func readDir(folder string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		f, err := os.Open(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for err == nil {
			var names []string
			names, err = f.Readdirnames(4096)
			if len(names) > 0 && !yield(names, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// look describes one item by the stat of its files.
func (c *Cache) look(kind Kind, id string) (item, error) {
	it := item{Item: Item{Kind: kind, ID: id}, path: c.kindPath(kind, id)}
	err := filepath.WalkDir(it.path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		id, links := inodeOf(info)
		it.files = append(it.files, fileOnDisk{id, info.Size(), links})
		it.Size += info.Size()
		if path == it.path || filepath.Base(path) == metadataName {
			it.LastUsed = info.ModTime()
		}
		return nil
	})
	return it, err
}

// List walks the items of the cache in no particular order. It is a look at a
// folder in use: an item may be gone when it is yielded. The first error ends
// the walk.
func (c *Cache) List(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for it, err := range c.items(ctx) {
			if !yield(it.Item, err) || err != nil {
				return
			}
		}
	}
}
