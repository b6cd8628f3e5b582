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
		if err := errors.Join(err, b.tidy()); err != nil {
			return rows, err
		}
		// As speed, like the goal: the share of SHA3's that is reached.
		row.Name, row.Beside, row.Ratio = fmt.Sprintf("%s %d MiB", way.name, size>>20), "SHA3-256 alone; ratio of the speeds", 1/row.Ratio
		row.Goal = atLeast("ratio", 0.9)
		rows = append(rows, row.judged())
	}
	disk, err := alternate(b.n(5, 1), func() (float64, error) { return b.storeAlone(path) }, alone)
	if err := errors.Join(err, b.tidy()); err != nil {
		return rows, err
	}
	disk.Name, disk.Beside = fmt.Sprintf("store put %d MiB file alone", size>>20), "writing and syncing, nothing else; beside SHA3-256 alone"
	rows = append(rows, disk)
	small, err := b.smallFiles()
	return append(rows, small...), err
}

// inFreshCache measures one act on an empty cache, which stays until tidied.
func (b *bench) inFreshCache(do func(*cache.Cache) error) (took float64, err error) {
	dir, err := b.passing("cache")
	if err != nil {
		return 0, err
	}
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
func hashAlone(path string) error { return readInto(path, sha3.New256()) }

// readInto reads a file in large blocks.
func readInto(path string, w io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{f}, make([]byte, 1<<20))
	return errors.Join(err, f.Close())
}

// storeAlone copies a file as the cache stores it, and neither hashes nor names it.
func (b *bench) storeAlone(path string) (took float64, err error) {
	dir, err := b.passing("plain")
	if err != nil {
		return 0, err
	}
	f, err := os.Create(filepath.Join(dir, "copy"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return seconds(func() error { return errors.Join(readInto(path, &earlyWriter{File: f}), f.Sync()) })
}

// earlyWriter has the kernel write to the disk from the beginning.
type earlyWriter struct {
	*os.File
	written, begun int64
}

func (w *earlyWriter) Write(p []byte) (int, error) {
	n, err := w.File.Write(p)
	w.written += int64(n)
	if w.written-w.begun >= 32<<20 {
		beginSync(w.File, w.begun, w.written-w.begun)
		w.begun = w.written
	}
	return n, err
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
