package cache

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs/cid"
)

// digest is what one reading of a file yields.
type digest struct {
	content dag.ContentHash
	cid     string
	size    int64
}

// digestFile reads a regular file once. progress, if set, is told how many bytes
// were read so far.
func (c *Cache) digestFile(ctx context.Context, path string, progress func(int64)) (digest, error) {
	f, err := openRegular(path)
	if err != nil {
		return digest{}, err
	}
	defer f.Close()
	return c.digest(ctx, f, progress)
}

// digest reads r to its end into both hashes, and into the sinks.
func (c *Cache) digest(ctx context.Context, r io.Reader, progress func(int64), sinks ...io.Writer) (digest, error) {
	hash := sha3.New256()
	var address cid.Hasher
	all := append([]io.Writer{hash, &address}, sinks...)
	size, err := c.fanOut(ctx, r, progress, all)
	if err != nil {
		return digest{}, err
	}
	d := digest{cid: address.Sum(), size: size}
	hash.Sum(d.content[:0])
	return d, nil
}

// openRegular opens a file for reading and refuses folders, pipes and devices,
// which would block or have no end.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path) // first, because opening a pipe waits for its writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	return os.Open(path)
}
