package cache

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/artdag/artdag/dag"
)

// kept is what must not be removed, and why.
type kept struct {
	steps  map[string]string // cache_id -> reason
	inodes map[inode]string  // of bytes that are held or pinned by content
}

// kept reads the pins and holds. Holds whose process is dead are removed.
func (c *Cache) kept() (*kept, error) {
	k := &kept{map[string]string{}, map[inode]string{}}
	pins, err := c.Pins()
	if err != nil {
		return nil, err
	}
	for _, ref := range pins {
		k.add(c, ref, "pinned")
	}
	if c.readOnly {
		return k, nil // for a dry run; what is held cannot be asked for
	}
	holds, err := os.ReadDir(c.path("holds"))
	if err != nil {
		return nil, err
	}
	for _, hold := range holds {
		if err := k.addHold(c, c.path("holds", hold.Name())); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *kept) addHold(c *Cache, path string) error {
	if lock, err := tryLock(path); err != nil || lock != nil {
		if err != nil {
			return err
		}
		return lock.remove() // nobody had it
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // just released
	}
	for line := range strings.Lines(string(text)) {
		var ref dag.Input
		if ref.UnmarshalText([]byte(strings.TrimSpace(line))) == nil {
			k.add(c, ref, "held by a run")
		}
	}
	return err
}

func (k *kept) add(c *Cache, ref dag.Input, why string) {
	if !ref.IsSource() {
		k.steps[ref.Step.String()] = why
		return
	}
	if info, err := os.Lstat(c.contentPath(ref.Content)); err == nil {
		id, _ := inodeOf(info)
		k.inodes[id] = why
	}
}

// why returns the reason for which an item has to stay, or "".
func (k *kept) why(c *Cache, it item) string {
	if why := k.steps[it.ID]; why != "" && (it.Kind == KindEntry || it.Kind == KindLog) {
		return why
	}
	for _, f := range it.files {
		if why := k.inodes[f.inode]; why != "" {
			return why
		}
	}
	if it.Kind == KindEntry && c.beingMade(it.ID) {
		return "being made"
	}
	return ""
}

// beingMade reports whether somebody has the lock of that step.
func (c *Cache) beingMade(id string) bool {
	path := c.path("locks", id)
	if _, err := os.Lstat(path); err != nil {
		return false
	}
	lock, err := tryLock(path)
	if lock == nil || err != nil {
		return true
	}
	return lock.remove() != nil
}
