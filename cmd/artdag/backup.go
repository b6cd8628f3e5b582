package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/artdag/artdag/backup"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
)

type backupCmd struct {
	state
	File string `arg:"" help:"File to write, or - for stdout. It holds the key of the farm as it is: keep it where only you read."`
}

// Run writes a backup, while the farm works.
func (c backupCmd) Run(a *app) (err error) {
	p, err := c.places(a)
	if err != nil {
		return err
	}
	if err := p.existing(); err != nil {
		return err
	}
	out, err := createBackup(a, c.File)
	if err != nil {
		return err
	}
	defer out.discard()
	fmt.Fprintf(a.stderr, "backing up %s\n", p)
	made, err := p.writeBackup(a, out)
	if err != nil {
		return err
	}
	if err := out.keep(); err != nil {
		return err
	}
	a.sum("wrote", made)
	if p.key != "" && made.KeyID == "" {
		fmt.Fprintf(a.stderr, "note: there is no key at %s; what it signed can be verified, but nothing more be signed with it\n", p.key)
	}
	return nil
}

func (p places) writeBackup(a *app, w io.Writer) (made backup.Manifest, err error) {
	snapshot, err := waiting(a.ctx, a, func() (*catalog.Snapshot, error) { return catalog.OpenSnapshot(a.ctx, p.database) })
	if err != nil {
		return made, err
	}
	defer closeInto(&err, snapshot)
	kept, err := cache.Open(p.folder, cache.Options{})
	if err != nil {
		return made, usageError{err}
	}
	defer closeInto(&err, kept)
	return backup.Write(a.ctx, backup.Source{
		Catalog: snapshot, Cache: kept, KeyFile: p.key, Version: version, Now: time.Now(), Progress: a.teller(),
	}, w)
}

// backupFile is a file that gets its name when it is whole.
type backupFile struct {
	io.Writer
	buffer *bufio.Writer
	temp   *os.File // nil for stdout
	path   string
}

// createBackup begins a file that nobody else may read, or stdout.
func createBackup(a *app, path string) (*backupFile, error) {
	if path == "-" {
		if f, ok := a.stdout.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
			return nil, usagef("a backup is no text for a terminal: give a file, or redirect it")
		}
		buffer := bufio.NewWriterSize(a.stdout, 1<<20)
		return &backupFile{Writer: buffer, buffer: buffer}, nil
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s exists: give a name that does not", path)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".backup-*") // mode 0600
	if err != nil {
		return nil, usageError{fmt.Errorf("backup: %w", err)}
	}
	buffer := bufio.NewWriterSize(temp, 1<<20)
	return &backupFile{Writer: buffer, buffer: buffer, temp: temp, path: path}, nil
}

// keep makes what was written last under its name, unless that was taken
// meanwhile.
func (f *backupFile) keep() error {
	if err := f.buffer.Flush(); err != nil || f.temp == nil {
		return wrapBackup(err)
	}
	if err := errors.Join(f.temp.Sync(), f.temp.Close()); err != nil {
		return wrapBackup(err)
	}
	return wrapBackup(os.Link(f.temp.Name(), f.path))
}

func wrapBackup(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("backup: %w", err)
}

// discard removes what has no name.
func (f *backupFile) discard() {
	if f.temp != nil {
		_ = f.temp.Close() // closed already when it was kept
		_ = os.Remove(f.temp.Name())
	}
}
