package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/artdag/artdag/backup"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/farm"
)

type restoreCmd struct {
	state
	File string `arg:"" help:"File that artdag backup wrote, or - for stdin."`
	Look bool   `name:"check" help:"Read it, say what it holds, and restore nothing."`
}

// Run restores a backup into an empty catalog.
func (c restoreCmd) Run(a *app) (err error) {
	file, remove, err := c.open(a.ctx)
	if err != nil {
		return err
	}
	defer remove()
	fmt.Fprintln(a.stderr, "reading the backup")
	held, err := backup.Check(a.ctx, file)
	if err != nil {
		return err
	}
	if c.Look {
		a.sum("it holds", held)
		return nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	p, err := c.places(a)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "restoring into %s\n", p)
	if err := p.restore(a, file, held); err != nil {
		return explained(err)
	}
	a.sum("restored", held)
	return nil
}

// open opens the archive; stdin goes into a file, because it is read twice.
func (c restoreCmd) open(ctx context.Context) (*os.File, func(), error) {
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, nil, usageError{fmt.Errorf("restore: %w", err)}
		}
		return file, func() { _ = file.Close() }, nil
	}
	dir := c.CacheDir // in a container the only place with room
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, nil, usageError{fmt.Errorf("restore: %w", err)}
		}
	}
	file, err := os.CreateTemp(dir, ".restore-*") // mode 0600
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("restore: %w", err)}
	}
	_ = os.Remove(file.Name()) // most systems let go of the name at once, and a killed process leaves nothing
	remove := func() { _ = file.Close(); _ = os.Remove(file.Name()) }
	if err := spool(ctx, file); err != nil {
		remove()
		return nil, nil, err
	}
	return file, remove, nil
}

// spool copies stdin. Reading it cannot be interrupted, waiting for that can.
func spool(ctx context.Context, file *os.File) error {
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(file, os.Stdin)
		copied <- err
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-copied:
		if err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		return nil
	}
}

func (p places) restore(a *app, file io.Reader, held backup.Manifest) (err error) {
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return usageError{fmt.Errorf("restore: %w", err)}
	}
	if p.key != "" {
		lock, err := farm.LockFolder(p.folder)
		if err != nil {
			return usageError{err}
		}
		defer lock.Close()
	}
	db, err := waiting(a.ctx, a, func() (*catalog.DB, error) { return catalog.Open(a.ctx, p.database) })
	if err != nil {
		return err
	}
	defer closeInto(&err, db)
	kept, err := cache.Open(p.folder, cache.Options{})
	if err != nil {
		return usageError{err}
	}
	defer closeInto(&err, kept)
	return backup.Restore(a.ctx, backup.Target{Catalog: db, Cache: kept, KeyFile: p.key, Progress: a.teller()}, file, held)
}

// explained says what to do about a catalog that is not empty.
func explained(err error) error {
	if errors.Is(err, catalog.ErrNotEmpty) {
		return fmt.Errorf("%w; a backup is restored into an empty one: name a new database, or move the file away", err)
	}
	return err
}
