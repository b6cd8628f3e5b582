package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
)

// Stat says how large bytes are that the farm has, or catalog.ErrNotFound.
func (c *Client) Stat(ctx context.Context, h dag.ContentHash) (api.Content, error) {
	response, err := c.do(ctx, call{method: http.MethodHead, path: []string{"content", h.String()}})
	if err != nil {
		return api.Content{}, err
	}
	_ = response.Body.Close()
	return contentOf(h, response), nil
}

func contentOf(h dag.ContentHash, r *http.Response) api.Content {
	return api.Content{Hash: h, Size: r.ContentLength, MediaType: r.Header.Get("Content-Type"), CID: r.Header.Get("X-Ipfs-Cid")}
}

// Put sends bytes whose hash is known. open is called for each attempt; size is
// theirs. Bytes that are others are a *Problem of kind api.Mismatch.
func (c *Client) Put(ctx context.Context, h dag.ContentHash, size int64, open func() (io.ReadCloser, error)) (api.Content, error) {
	k := call{
		method: http.MethodPut, path: []string{"content", h.String()}, body: open, size: size,
		header: http.Header{"Content-Type": {"application/octet-stream"}, "Expect": {"100-continue"}},
	}
	return fetch[api.Content](ctx, c, k)
}

// Open reads bytes of the farm, from an offset on. They are not verified:
// whoever keeps them hashes them. When the connection breaks, reading goes on
// where it broke. The caller closes the reader.
func (c *Client) Open(ctx context.Context, h dag.ContentHash, offset int64) (io.ReadCloser, api.Content, error) {
	response, err := c.open(ctx, h, offset)
	if err != nil {
		return nil, api.Content{}, err
	}
	content := contentOf(h, response)
	content.Size = total(response, offset)
	return &download{ctx, c, h, offset, content.Size, response.Body}, content, nil
}

func (c *Client) open(ctx context.Context, h dag.ContentHash, offset int64) (*http.Response, error) {
	k := get("content", h.String())
	if offset > 0 {
		k.header = http.Header{"Range": {"bytes=" + strconv.FormatInt(offset, 10) + "-"}}
	}
	response, err := c.do(ctx, k)
	if err == nil && offset > 0 && response.StatusCode != http.StatusPartialContent {
		_ = response.Body.Close()
		return nil, errors.New("client: the farm does not serve ranges")
	}
	return response, err
}

// total is the size of all bytes, of which the answer may be the rest.
func total(r *http.Response, offset int64) int64 {
	if _, text, found := strings.Cut(r.Header.Get("Content-Range"), "/"); found {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	return offset + r.ContentLength
}

// download reads on when a connection broke.
type download struct {
	ctx    context.Context
	client *Client
	hash   dag.ContentHash
	at     int64
	size   int64
	body   io.ReadCloser
}

// Read makes progress or ends: a connection that breaks without having given a
// byte is followed by do's patience, and then by its error.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.at += int64(n)
	if err == nil || n > 0 || d.at >= d.size || d.ctx.Err() != nil {
		if n > 0 {
			err = nil
		}
		return n, err
	}
	_ = d.body.Close()
	response, err := d.client.open(d.ctx, d.hash, d.at)
	if err != nil {
		d.body = http.NoBody
		return 0, err
	}
	d.body = response.Body
	return 0, nil
}

// Close closes the connection.
func (d *download) Close() error { return d.body.Close() }
