package ipfs

import (
	"context"
	"fmt"
	"io"

	shell "github.com/ipfs/go-ipfs-api"
)

// Cat returns length bytes of a file from the offset on, fewer when it ends
// before; a negative length means to the end. The context holds until Close.
func (n *Node) Cat(ctx context.Context, cid string, offset, length int64) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	request := n.sh.Request("cat", cid).Option("offset", offset).Option("progress", false)
	if length >= 0 {
		request.Option("length", length)
	}
	var answer *shell.Response
	err := n.call(ctx, "cat", true, func() (err error) {
		if answer, err = request.Send(ctx); err == nil && answer.Error != nil {
			err = answer.Error
		}
		return err
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return &stream{answer.Output, cancel}, nil
}

// stream ends its request when it is closed, read to the end or not.
type stream struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("ipfs: cat: %w", err)
	}
	return n, err
}

func (s *stream) Close() error { s.cancel(); return s.ReadCloser.Close() }
