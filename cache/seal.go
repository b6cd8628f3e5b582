package cache

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/artdag/artdag/dag"
)

// inode tells files apart, whatever their names.
type inode struct{ dev, ino uint64 }

// sealTime is the modification time of every stored file. Whoever writes to a
// file breaks its seal, because the kernel then sets another time; so one stat
// tells an untouched file from one that has to be read again.
func sealTime() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// seal makes a finished file read-only and marks it as verified.
func seal(path string) error {
	if err := os.Chmod(path, 0o444); err != nil {
		return err
	}
	return os.Chtimes(path, sealTime(), sealTime())
}

func sealed(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.ModTime().Equal(sealTime())
}

// check reports whether the file at path holds the content, in one stat. A file
// of the right size without its seal (a cache that was copied without times) is
// read once and sealed again; any other difference is an error.
func (c *Cache) check(path string, size int64, want dag.ContentHash) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if info.Size() != size && size >= 0 {
		return fmt.Errorf("%s: has %d bytes instead of %d", path, info.Size(), size)
	}
	if sealed(info) {
		return nil
	}
	// Bounded by the file, and only after somebody touched the cache by hand.
	if err := c.rehash(context.Background(), path, want); err != nil {
		return err
	}
	if c.readOnly {
		return nil
	}
	return seal(path)
}

// rehash reads the file at path and compares it with its content hash.
func (c *Cache) rehash(ctx context.Context, path string, want dag.ContentHash) error {
	d, err := c.digestFile(ctx, path, nil)
	if err != nil {
		return err
	}
	if d.content != want {
		return &MismatchError{Path: path, Want: want, Got: d.content}
	}
	return nil
}
