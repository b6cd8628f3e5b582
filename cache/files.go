package cache

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sync/errgroup"
)

// full makes the error of a full disk say what to do.
func full(err error) error {
	if !errors.Is(err, ErrFull) && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}

// linkOrCopy gives a stored file a second name. A file system has a limit of
// names for one file (65,000 on ext4); beyond it, and across file systems, the
// bytes are copied.
func linkOrCopy(old, name string) error {
	err := os.Link(old, name)
	if tooManyLinks(err) {
		return copySealed(old, name)
	}
	return err
}

func copySealed(old, name string) error {
	if err := copyFile(old, name, 0o600); err != nil {
		return err
	}
	return seal(name)
}

// copyFile copies a file into a new one and syncs it, sharing blocks where the
// file system can. On an error nothing is left.
func copyFile(old, name string, mode os.FileMode) error {
	src, err := os.Open(old)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if reflink(dst, src) != nil {
		_, err = io.Copy(dst, src)
	}
	if err := errors.Join(err, dst.Sync(), dst.Close()); err != nil {
		return errors.Join(full(err), os.Remove(name))
	}
	return nil
}

// writeFile writes a small new file.
func writeFile(path string, text []byte) error {
	return full(os.WriteFile(path, text, 0o644))
}

const (
	// manyPaths is from how many files and folders on one sync of the whole file
	// system costs less than one of each.
	manyPaths = 6
	// littleDirty is how much may wait for the disks of this machine for that: a
	// film that a tool is writing would be waited for as well.
	littleDirty = 64 << 20
)

// makeDurable syncs files and folders of the cache, in whichever way costs less.
func (c *Cache) makeDurable(paths []string) error {
	if len(paths) >= manyPaths && c.disk != nil && dirtyBytes() <= littleDirty {
		return full(c.disk.sync())
	}
	return syncAll(paths)
}

// syncAll syncs files and folders at the same time, so that a journalling file
// system commits once for all of them instead of once for each.
func syncAll(paths []string) error {
	var group errgroup.Group
	group.SetLimit(16)
	for _, path := range paths {
		group.Go(func() error { return syncPath(path) })
	}
	return group.Wait()
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return full(errors.Join(f.Sync(), f.Close()))
}

func tooManyLinks(err error) bool {
	return errors.Is(err, syscall.EMLINK) || errors.Is(err, syscall.EXDEV)
}
