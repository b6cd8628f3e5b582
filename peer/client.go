package peer

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/artdag/artdag/dag"
)

// peer returns how to read content from a holder.
func (f *Fetcher) peer(h Holder) func(context.Context, dag.ContentHash, int64) (io.ReadCloser, error) {
	return func(ctx context.Context, hash dag.ContentHash, offset int64) (io.ReadCloser, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(h.URL, "/")+"/content/"+hash.String(), nil)
		if err != nil {
			return nil, err
		}
		if f.opts.Token != "" {
			req.Header.Set("Authorization", "Bearer "+f.opts.Token)
		}
		if offset > 0 {
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		}
		res, err := f.client.Do(req)
		if err != nil {
			return nil, err
		}
		if err := check(res, offset); err != nil {
			_ = res.Body.Close()
			return nil, err
		}
		return res.Body, nil
	}
}

// check reports whether the body is the content from that byte on.
func check(res *http.Response, offset int64) error {
	switch {
	case res.StatusCode == http.StatusNotFound:
		return fmt.Errorf("answers 404: %w", ErrGone)
	case offset == 0 && res.StatusCode == http.StatusOK:
		return nil
	case offset > 0 && res.StatusCode == http.StatusPartialContent:
		if got := res.Header.Get("Content-Range"); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", offset)) {
			return fmt.Errorf("sends the range %q from byte %d", got, offset)
		}
		return nil
	}
	return fmt.Errorf("answers %s", res.Status)
}
