package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// uploader sends inputs to a farm, those that it does not have.
type uploader struct {
	farm *client.Client
	show display
}

// send sends one file of an input; here says whether this machine has it.
func (u *uploader) send(ctx context.Context, name string, h dag.ContentHash, source cache.Source, here bool) error {
	_, err := u.farm.Stat(ctx, h)
	if err == nil || !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	if !here {
		return &engine.InputError{Input: name, Err: fmt.Errorf("neither this machine nor the farm has %s; give the file itself", h)}
	}
	info, err := os.Stat(source.Path)
	if err != nil {
		return &engine.InputError{Input: name, Err: err}
	}
	_, err = u.farm.Put(ctx, h, info.Size(), func() (io.ReadCloser, error) {
		file, err := os.Open(source.Path)
		if err != nil {
			return nil, &engine.InputError{Input: name, Err: err}
		}
		return &counted{ReadCloser: file, what: "uploading " + source.Path, size: info.Size(), show: u.show.activity}, nil
	})
	if problem, ok := errors.AsType[*client.Problem](err); ok && problem.Kind == api.Mismatch {
		return &engine.InputError{Input: name, Err: fmt.Errorf("%s changed while it was sent: %w", source.Path, err)}
	}
	return err
}

// counted tells how far the reading of a file is, a few times a second.
type counted struct {
	io.ReadCloser
	what       string
	size, done int64
	told       time.Time
	show       func(string)
}

func (c *counted) Read(p []byte) (int, error) {
	const pace = 200 * time.Millisecond
	n, err := c.ReadCloser.Read(p)
	c.done += int64(n)
	if now := time.Now(); now.Sub(c.told) > pace {
		c.told = now
		c.show(fmt.Sprintf("%s: %s of %s", c.what, humanize.IBytes(uint64(c.done)), humanize.IBytes(uint64(max(c.size, 0)))))
	}
	return n, err
}
