package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Export copies a file of the cache to dest, which is replaced in one rename
// when the copy is complete. It never makes a hard link: nothing outside the
// cache shares its files, so whatever is done to the copy, the cache stays
// right. Where the file system can share blocks between files until one is
// written, that costs no space. A dest that is a device or a pipe is written to.
func (c *Cache) Export(ctx context.Context, path, dest string) error {
	src, err := openRegular(path)
	if err != nil {
		return fmt.Errorf("cache: export: %w", missing(err))
	}
	defer src.Close()
	info, err := os.Stat(dest)
	switch {
	case err == nil && info.IsDir():
		err = fmt.Errorf("%s is a folder: name a file in it", dest)
	case err == nil && !info.Mode().IsRegular():
		err = exportInto(ctx, src, dest)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		err = exportFile(ctx, src, dest)
	}
	if err != nil {
		return fmt.Errorf("cache: export to %s: %w", dest, err)
	}
	return nil
}

func exportInto(ctx context.Context, src *os.File, dest string) error {
	dst, err := os.OpenFile(dest, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, contextReader{ctx, src})
	return errors.Join(err, dst.Close())
}

func exportFile(ctx context.Context, src *os.File, dest string) error {
	// Through a link to the file that it points to, as cp does.
	if target, err := filepath.EvalSymlinks(dest); err == nil {
		dest = target
	}
	name := filepath.Join(filepath.Dir(dest), "."+filepath.Base(dest)+"."+randomName())
	// Made like this, and not by os.CreateTemp, it gets the mode that the
	// user's umask gives to files.
	dst, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if reflink(dst, src) != nil {
		_, err = io.Copy(dst, contextReader{ctx, src})
	}
	err = errors.Join(err, dst.Sync(), dst.Close())
	if err == nil {
		err = os.Rename(name, dest)
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// contextReader stops at the next read when its context is done.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
