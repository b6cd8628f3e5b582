package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// measureStore compares ingest with SHA3-256 alone, which nobody can go below.
// Storing is reading, hashing, computing the cid, writing and syncing; a source
// is hashed in place and gets its cid.
func measureStore(b *bench) ([]result, error) {
	size := int64(b.n(1<<30, 1<<26))
	path := filepath.Join(b.dir, "big")
	if err := randomFile(path, size); err != nil {
		return nil, err
	}
	defer os.Remove(path)
	alone := func() (float64, error) { return seconds(func() error { return hashAlone(path) }) }
	var rows []result
	for _, way := range []struct {
		name string
		do   func(*cache.Cache) error
	}{
		{"store put", func(c *cache.Cache) error { return putSource(b, c, path) }},
		{"store hash in place", func(c *cache.Cache) error {
			_, err := c.HashSource(b.ctx, path, true, nil)
			return err
		}},
	} {
		row, err := alternate(b.n(7, 2), func() (float64, error) { return b.inFreshCache(way.do) }, alone)
		if err != nil {
			return rows, err
		}
		// As speed, like the goal: the share of SHA3's that is reached.
		row.Name, row.Beside, row.Ratio = fmt.Sprintf("%s %d MiB", way.name, size>>20), "SHA3-256 alone; ratio of the speeds", 1/row.Ratio
		row.Goal = atLeast("ratio", 0.9)
		rows = append(rows, row.judged())
	}
	small, err := b.smallFiles()
	return append(rows, small...), err
}

// inFreshCache measures one act on an empty cache, which goes afterwards.
func (b *bench) inFreshCache(do func(*cache.Cache) error) (took float64, err error) {
	dir, err := b.folder("cache")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := cache.Open(dir, cache.Options{})
	if err != nil {
		return 0, err
	}
	took, err = seconds(func() error { return do(c) })
	return took, errors.Join(err, c.Close())
}

func putSource(b *bench, c *cache.Cache, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = c.PutSource(b.ctx, f, dag.ContentHash{})
	return errors.Join(err, f.Close())
}

// hashAlone does nothing but read in large blocks and hash.
func hashAlone(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{sha3.New256()}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	return errors.Join(err, f.Close())
}

func randomFile(path string, size int64) error { return writeRandom(path, 0, size) }

// writeRandom writes bytes of its own for each seed.
func writeRandom(path string, seed int, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.CopyN(w, random(seed), size)
	return errors.Join(err, w.Flush(), f.Sync(), f.Close())
}

func random(seed int) io.Reader {
	return rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
}
