package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/artdag/artdag/api"
)

// errBroken: a stream of events ended before the job did.
var errBroken = errors.New("the connection broke")

// Watch tells what happens to a job until it is final. When the connection
// breaks it connects again and goes on behind the last event, or with one of
// kind api.State, and gives up after Options.Patience without any. emit is
// called from the calling goroutine; its error ends the watch and is returned.
func (c *Client) Watch(ctx context.Context, id string, emit func(api.Event) error) error {
	w := watch{client: c, id: id, emit: emit}
	for {
		before := w.seen
		_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, w.once(ctx) },
			backoff.WithBackOff(pace()), backoff.WithMaxElapsedTime(max(c.options.Patience, time.Nanosecond)), backoff.WithNotify(c.away))
		// As long as events come in between, patience begins anew.
		if err == nil || w.over || w.seen == before {
			return err
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watch is one watch over several connections.
type watch struct {
	client *Client
	id     string
	emit   func(api.Event) error
	last   string // id of the last event
	seen   int
	over   bool // another connection makes no sense
}

// once watches over one connection.
func (w *watch) once(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(w.client.options.Stall, func() { cancel(errBroken) })
	defer stalled.Stop()
	response, err := w.connect(ctx)
	if err != nil {
		return w.settle(ctx, err)
	}
	defer response.Body.Close()
	alive := &sign{response.Body, func() { stalled.Reset(w.client.options.Stall) }}
	final, err := w.read(alive)
	if err == nil && !final {
		err = &AwayError{w.client.Server(), errBroken}
	}
	return w.settle(ctx, err)
}

func (w *watch) connect(ctx context.Context) (*http.Response, error) {
	k := get("jobs", w.id, "events")
	k.header = http.Header{"Accept": {"text/event-stream"}}
	if w.last != "" {
		k.header.Set("Last-Event-Id", w.last)
	}
	request, err := w.client.request(ctx, k)
	if err != nil {
		return nil, err
	}
	return w.client.send(ctx, request)
}

// settle says which errors are worth another connection.
func (w *watch) settle(ctx context.Context, err error) error {
	problem, refused := errors.AsType[*Problem](err)
	stopped := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	switch {
	case err == nil:
		return nil
	case errors.Is(context.Cause(ctx), errBroken):
		return &AwayError{w.client.Server(), errBroken}
	case stopped, as[*emitError](err), refused && !temporary(problem.Status), Untrusted(err):
		w.over = true
		return backoff.Permanent(plain(err))
	}
	return err
}

// emitError keeps errors of the caller apart from those of the connection.
type emitError struct{ error }

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func plain(err error) error {
	if e, ok := errors.AsType[*emitError](err); ok {
		return e.error
	}
	return err
}

// sign notes each sign of life.
type sign struct {
	io.Reader
	note func()
}

func (s *sign) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.note()
	return n, err
}

// read reads server-sent events (HTML Living Standard, 9.2.6) until the job is
// final or the stream ends.
func (w *watch) read(r io.Reader) (final bool, err error) {
	const longest = 16 << 20 // bytes of a line: a job with all its outputs
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), longest)
	var data bytes.Buffer
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "" && data.Len() > 0:
			if final, err = w.event(data.Bytes()); final || err != nil {
				return final, err
			}
			data.Reset()
		case field == "id":
			w.last = value
		case field == "data":
			data.WriteString(value)
		}
	}
	if lines.Err() != nil {
		return false, &AwayError{w.client.Server(), lines.Err()}
	}
	return false, nil
}

func (w *watch) event(data []byte) (final bool, err error) {
	var e api.Event
	if err := json.Unmarshal(data, &e); err != nil {
		return false, &emitError{fmt.Errorf("client: event %q: %w", clip(data), err)}
	}
	e.ID = w.last
	w.seen++
	if err := w.emit(e); err != nil {
		return false, &emitError{err}
	}
	return e.Job != nil && e.Job.Status.Final(), nil
}

func clip(data []byte) []byte {
	const most = 100
	return data[:min(len(data), most)]
}
