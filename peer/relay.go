package peer

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/artdag/artdag/dag"
)

var (
	errNobodyLeft = errors.New("nobody left to ask")
	errBroken     = errors.New("broke off")
)

// giver is somebody who may have the content.
type giver struct {
	name  string
	open  func(ctx context.Context, h dag.ContentHash, offset int64) (io.ReadCloser, error)
	tries int
}

// relay reads the content from one giver, and when that one fails goes on at the
// same byte with the next. The reader behind it hashes the whole.
type relay struct {
	download *download
	ctx      context.Context
	left     []*giver
	mixed    bool // else who fails is not followed by another: errBroken

	at      int64    // bytes so far
	senders []*giver // who sent them, each once
	refused []*giver // who did not go on from there
	now     *giver
	body    io.ReadCloser
	cancel  context.CancelCauseFunc
	bodyCtx context.Context
}

// Read returns bytes, or io.EOF at the end of somebody's, or errNobodyLeft.
func (r *relay) Read(p []byte) (int, error) {
	for {
		if r.body == nil {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.read(p)
		r.at += int64(n)
		switch over := r.download.size > 0 && r.at > r.download.size; {
		case over:
			r.sent()
			r.close()
			return n, io.EOF // its hash will be wrong
		case errors.Is(err, io.EOF):
			r.sent() // also nothing, which is the end of an empty file
			return n, io.EOF
		case n > 0:
			r.sent()
			if err == nil {
				return n, nil
			}
			r.lost(err)
			return n, r.brokenUnlessMixed()
		case err != nil:
			r.lost(err)
			if err := r.brokenUnlessMixed(); err != nil {
				return 0, err
			}
		}
	}
}

// read reads under the stall's timer, which runs only while this side waits.
func (r *relay) read(p []byte) (int, error) {
	cancel := r.cancel
	timer := time.AfterFunc(r.download.fetcher.opts.Stall, func() { cancel(errStalled) })
	n, err := r.body.Read(p)
	if !timer.Stop() {
		return n, errStalled
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = orCause(r.bodyCtx, err)
	}
	return n, err
}

// next opens the next giver that answers.
func (r *relay) next() error {
	for len(r.left) > 0 {
		if r.ctx.Err() != nil {
			return context.Cause(r.ctx)
		}
		r.now, r.left = r.left[0], r.left[1:]
		r.now.tries++
		r.bodyCtx, r.cancel = context.WithCancelCause(r.ctx)
		cancel := r.cancel
		timer := time.AfterFunc(r.download.fetcher.opts.Stall, func() { cancel(errStalled) })
		body, err := r.now.open(r.bodyCtx, r.download.hash, r.at)
		if !timer.Stop() && err == nil {
			err = errors.Join(errStalled, body.Close())
		}
		if err == nil {
			r.body = body
			return nil
		}
		r.download.failed(r.now.name, orCause(r.bodyCtx, err))
		cancel(nil)
		if r.at > 0 && !errors.Is(err, ErrGone) {
			r.refused = append(r.refused, r.now)
		}
	}
	return errNobodyLeft
}

// lost gives up on the current giver; it is asked again after all others if it
// sent something.
func (r *relay) lost(err error) {
	r.download.failed(r.now.name, err)
	if slices.Contains(r.senders, r.now) && r.now.tries < tries {
		r.left = append(r.left, r.now)
	}
	r.close()
}

func (r *relay) brokenUnlessMixed() error {
	if r.mixed || r.at == 0 {
		return nil
	}
	return errBroken
}

// again are all who may have the right bytes, those who sent some first.
func (r *relay) again() []*giver {
	all := slices.Clone(r.senders)
	for _, g := range append(r.refused, r.left...) {
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

func (r *relay) sent() {
	if !slices.Contains(r.senders, r.now) {
		r.senders = append(r.senders, r.now)
	}
}

func (r *relay) close() {
	if r.body != nil {
		_ = r.body.Close() // what was read is judged by its hash
		r.cancel(nil)
		r.body = nil
	}
}

// orCause returns why the context ended, where err only says that it did.
func orCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
