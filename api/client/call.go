package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// call is one call of the API.
type call struct {
	method string
	path   []string // below /api/v1
	query  url.Values
	body   func() (io.ReadCloser, error) // opened for each attempt; nil for none
	size   int64                         // of the body
	header http.Header
}

func get(path ...string) call { return call{method: http.MethodGet, path: path} }

// withJSON sends a value.
func (k call) withJSON(v any) (call, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return k, fmt.Errorf("client: write request: %w", err)
	}
	k.body = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	k.size, k.header = int64(len(text)), http.Header{"Content-Type": {"application/json"}}
	return k, nil
}

// again reports whether a failed call may be repeated: it changes nothing when
// it is, or it did not arrive.
func (k call) again(err error) bool {
	if problem, ok := errors.AsType[*Problem](err); ok && !temporary(problem.Status) || Untrusted(err) {
		return false
	}
	if k.method != http.MethodPost {
		return true
	}
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}

// do sends a call, again and again while the farm is away. The caller closes
// the body.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	once := func() (*http.Response, error) {
		request, err := c.request(ctx, k)
		if err != nil {
			return nil, backoff.Permanent(err)
		}
		response, err := c.send(ctx, request)
		if err != nil && (ctx.Err() != nil || c.options.Patience < 0 || !k.again(err)) {
			return nil, backoff.Permanent(err)
		}
		return response, err
	}
	return backoff.Retry(ctx, once, backoff.WithBackOff(pace()),
		backoff.WithMaxElapsedTime(max(c.options.Patience, 0)), backoff.WithNotify(c.away))
}

// pace is how fast calls are repeated.
func pace() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 100*time.Millisecond, 5*time.Second
	return b
}

func (c *Client) away(err error, next time.Duration) {
	if c.options.Away != nil {
		c.options.Away(err, next)
	}
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	target := c.base.JoinPath("api", "v1")
	for _, part := range k.path {
		target = target.JoinPath(url.PathEscape(part))
	}
	target.RawQuery = k.query.Encode()
	var body io.ReadCloser
	if k.body != nil {
		var err error
		if body, err = k.body(); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, k.method, target.String(), body)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	if r.ContentLength = k.size; k.size == 0 {
		r.Body = nil
	}
	for name, values := range k.header {
		r.Header[name] = values
	}
	return r, nil
}

// fetch reads the answer of a call into a value.
func fetch[T any](ctx context.Context, c *Client, k call) (T, error) {
	var out T
	response, err := c.do(ctx, k)
	if err != nil {
		return out, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNoContent {
		return out, nil
	}
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("client: %s answered what is no answer of a farm: %w", c.Server(), err)
	}
	return out, nil
}
