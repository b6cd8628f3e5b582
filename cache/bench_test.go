package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/dag"
)

// BenchmarkIngest stores and hashes 1 GiB and compares each with SHA3-256 alone
// over the same bytes in the same run: "ofSHA3" is the share of its speed that
// is reached, 0.9 or more by design.
func BenchmarkIngest(b *testing.B) {
	const size = 1 << 30
	c := open(b, b.TempDir(), Options{})
	path := filepath.Join(b.TempDir(), "big")
	fillFile(b, path, size)
	ways := map[string]func() error{
		"PutSource": func() error { return ingestSource(c, path) },
		"HashSource": func() error {
			_, err := c.HashSource(b.Context(), path, true, nil)
			return err
		},
	}
	for name, way := range ways {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				alone := timed(b, func() error { return hashAlone(path) })
				took := timed(b, way)
				b.ReportMetric(alone.Seconds()/took.Seconds(), "ofSHA3")
				b.ReportMetric(size/took.Seconds()/1e6, "ingestMB/s")
				gcAll(b, c)
			}
		})
	}
}

func gcAll(b *testing.B, c *Cache) {
	b.Helper()
	b.StopTimer()
	gc(b, c, 0, false)
	b.StartTimer()
}

func fillFile(b *testing.B, path string, size int64) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.CopyN(f, zeros{}, size)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		b.Fatal(err)
	}
}

func timed(b *testing.B, fn func() error) time.Duration {
	b.Helper()
	start := time.Now()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func hashAlone(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{sha3.New256()}, struct{ io.Reader }{f}, make([]byte, blockSize))
	return errors.Join(err, f.Close())
}

func ingestSource(c *Cache, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = c.PutSource(context.Background(), f, dag.ContentHash{})
	return errors.Join(err, f.Close())
}

// BenchmarkPut stores small results of distinct bytes, each with a resolved_id.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size>>10, "KiB"), func(b *testing.B) {
			c := open(b, b.TempDir(), Options{})
			benchmarkPuts(b, c, size, 0)
		})
	}
}

func benchmarkPuts(b *testing.B, c *Cache, size, first int) {
	b.Helper()
	s, err := c.Scratch("bench")
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, size)
	path := filepath.Join(s.Dir, "out.mkv")
	b.ResetTimer()
	for i := first; b.Loop(); i++ {
		copy(data, fmt.Sprint(i))
		if err := os.WriteFile(path, data, 0o644); err != nil {
			b.Fatal(err)
		}
		id := stepID(fmt.Sprint(i))
		if _, err := c.Put(b.Context(), id, stepID(fmt.Sprint("r", i)), Output{Path: path}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGet(b *testing.B) {
	c := open(b, b.TempDir(), Options{})
	const entries = 100
	for i := range entries {
		put(b, c, fmt.Sprint(i), fmt.Sprint(i))
	}
	ids := make([]dag.CacheID, entries)
	for i := range ids {
		ids[i] = stepID(fmt.Sprint(i))
	}
	i := 0
	for b.Loop() {
		if _, err := c.Get(ids[i%entries]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkOpenClose(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		c, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPutAmong measures a put in a cache of n entries, which are folders
// like any other but for the file in them. ARTDAG_BENCH_ENTRIES sets n: a
// million takes minutes to make.
func BenchmarkPutAmong(b *testing.B) {
	counts := []int{10, 10_000}
	if text := os.Getenv("ARTDAG_BENCH_ENTRIES"); text != "" {
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
		counts = []int{10, n}
	}
	for _, n := range counts {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := open(b, b.TempDir(), Options{})
			crowd(b, c, n)
			benchmarkPuts(b, c, 1<<10, n)
		})
	}
}

// crowd makes n entries without syncing them and writes the indexes.
func crowd(b *testing.B, c *Cache, n int) {
	b.Helper()
	m := &metadata{
		Format: metadataFormat, Content: dag.HashContent(nil), File: "output", Created: time.Unix(0, 0),
		CID: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
	}
	for i := range n {
		m.ID = stepID(fmt.Sprint("crowd", i)).String()
		text, err := m.encode()
		err = errors.Join(err, os.Mkdir(c.path(m.ID), 0o755), os.WriteFile(c.path(m.ID, metadataName), text, 0o644))
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := c.writeIndexes(b.Context()); err != nil {
		b.Fatal(err)
	}
}
