package cache

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// census is a look at all items and at content/, with every file counted once.
type census struct {
	items   []item
	content map[inode]bool // files that have a name in content/
	garbage []string       // names in content/ that no item shares
	wasted  int64          // bytes of the garbage
	names   map[inode]uint64
	total   int64 // bytes of all files, once each
	counted int64 // of them, what the usage counts: all but documents
	shared  int64 // bytes that sharing saves
}

func (c *Cache) census(ctx context.Context) (*census, error) {
	n := &census{content: map[inode]bool{}, names: map[inode]uint64{}}
	// Items first: a file that appears in content/ afterwards has no item yet
	// but a second name, and is left out.
	for it, err := range c.items(ctx) {
		if err != nil {
			return nil, err
		}
		n.add(it)
	}
	err := filepath.WalkDir(c.path("content"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return ignoreGone(err)
		}
		info, err := entry.Info()
		if err != nil {
			return ignoreGone(err)
		}
		n.addContent(path, info)
		return context.Cause(ctx)
	})
	return n, err
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (n *census) add(it item) {
	n.items = append(n.items, it)
	for _, f := range it.files {
		if _, seen := n.names[f.inode]; seen {
			n.shared += f.size
			continue
		}
		n.names[f.inode] = f.links
		n.total += f.size
		if it.Kind == KindEntry || it.Kind == KindSource {
			n.counted += f.size
		}
	}
}

func (n *census) addContent(path string, info os.FileInfo) {
	id, links := inodeOf(info)
	n.content[id] = true
	if links == 1 {
		n.garbage = append(n.garbage, path)
		n.wasted += info.Size()
		n.total += info.Size()
		n.counted += info.Size()
	}
}

// plan chooses what to evict: garbage, and then the least recently used items,
// until at most limit bytes are left. It keeps the books as the file system
// will: bytes are free when the last name of their file is gone.
func (n *census) plan(limit int64, keep func(item) bool) GCReport {
	report := GCReport{Before: n.total, After: n.total - n.wasted, Freed: n.wasted}
	slices.SortFunc(n.items, func(a, b item) int {
		return cmp.Or(a.LastUsed.Compare(b.LastUsed), cmp.Compare(a.ID, b.ID))
	})
	for _, it := range n.items {
		if report.After <= limit {
			break
		}
		if keep(it) {
			report.Kept++
			continue
		}
		freed := n.remove(it)
		report.Evicted = append(report.Evicted, Evicted{it.Item, freed})
		report.Freed += freed
		report.After -= freed
	}
	return report
}

// remove takes the names of an item off the books and returns what that frees.
func (n *census) remove(it item) (freed int64) {
	for _, f := range it.files {
		n.names[f.inode]--
		if n.content[f.inode] && n.names[f.inode] == 1 {
			n.names[f.inode] = 0 // the name in content/ goes with the last item
		}
		if n.names[f.inode] == 0 {
			freed += f.size
		}
	}
	return freed
}
