package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag"
)

// PutSource stores a stream under sources/ and returns it. If want is not zero
// and the bytes are others, that is a MismatchError, and nothing is stored.
func (c *Cache) PutSource(ctx context.Context, r io.Reader, want dag.ContentHash) (Source, error) {
	s, err := c.putSource(ctx, r, want)
	if err != nil {
		return Source{}, fmt.Errorf("cache: store a source: %w", full(err))
	}
	return s, nil
}

func (c *Cache) putSource(ctx context.Context, r io.Reader, want dag.ContentHash) (_ Source, err error) {
	s, err := c.newStaging()
	if err != nil {
		return Source{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	arrived := s.path("arrived")
	d, err := c.receive(ctx, r, arrived)
	if err != nil {
		return Source{}, err
	}
	if !want.IsZero() && d.content != want {
		return Source{}, &MismatchError{Want: want, Got: d.content}
	}
	if err := s.place(arrived, "source", d); err != nil {
		return Source{}, err
	}
	m := &metadata{
		Format: metadataFormat, Content: d.content, CID: d.cid, File: "source", Size: d.size, Created: c.now().UTC(),
	}
	if err := s.folder(filepath.Join("sources", d.content.String()), m); err != nil {
		return Source{}, err
	}
	if err := s.commit(); err != nil {
		return Source{}, err
	}
	return c.Source(d.content)
}

// Source returns the source of that hash that PutSource stored, or ErrMissing.
func (c *Cache) Source(h dag.ContentHash) (Source, error) {
	dir := c.path("sources", h.String())
	m, err := c.whole(dir)
	if err != nil {
		return Source{}, fmt.Errorf("cache: source %s: %w", h.Short(), missing(err))
	}
	path := filepath.Join(dir, m.File)
	info, err := os.Stat(path)
	if err != nil {
		return Source{}, fmt.Errorf("cache: source %s: %w", h.Short(), missing(err))
	}
	c.touch(filepath.Join(dir, metadataName))
	return Source{Hash: h, CID: m.CID, Size: m.Size, Path: path, facts: factsOf(info), stored: true}, nil
}

// receive writes a stream into a new file while it is hashed.
func (c *Cache) receive(ctx context.Context, r io.Reader, path string) (digest, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return digest{}, err
	}
	d, err := c.digest(ctx, r, nil, &diskWriter{file: f})
	return d, errors.Join(err, f.Close())
}

// diskWriter starts bringing what it wrote to the disk every 32 MiB, so that the
// disk works while the stream still comes.
type diskWriter struct {
	file    *os.File
	written int64
	started int64 // up to here
}

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.written += int64(n)
	if w.written-w.started >= 32<<20 {
		startWriteback(w.file, w.started, w.written-w.started)
		w.started = w.written
	}
	return n, err
}
