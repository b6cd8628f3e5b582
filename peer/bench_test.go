package peer

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// benchSize is 256 MiB unless ARTDAG_BENCH_MIB says otherwise.
func benchSize(b *testing.B) int {
	if text := os.Getenv("ARTDAG_BENCH_MIB"); text != "" {
		mib, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return mib << 20
	}
	return 256 << 20
}

func held(b *testing.B) (*cache.Cache, dag.ContentHash, int64) {
	b.Helper()
	c := newCache(b)
	size := benchSize(b)
	s, err := c.PutSource(b.Context(), bytes.NewReader(film(size)), dag.ContentHash{})
	if err != nil {
		b.Fatal(err)
	}
	return c, s.Hash, int64(size)
}

// BenchmarkFetch is a transfer as workers do it: from a cache into a cache.
func BenchmarkFetch(b *testing.B) {
	c, h, size := held(b)
	peers := said{{ID: "peer", URL: serve(b, Handler(c, "")).URL}}
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		mine, err := cache.Open(b.TempDir(), cache.Options{})
		if err != nil {
			b.Fatal(err)
		}
		f := New(Options{Cache: mine, Locator: peers})
		b.StartTimer()
		if _, err := f.Fetch(b.Context(), h, size); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		f.Stop()
		if err := mine.Close(); err != nil {
			b.Fatal(err)
		}
		if err := os.RemoveAll(mine.Dir()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkPlainHTTP is the same bytes from net/http's file server into a synced
// file, without a hash.
func BenchmarkPlainHTTP(b *testing.B) {
	c, h, size := held(b)
	path, err := c.Content(h)
	if err != nil {
		b.Fatal(err)
	}
	s := serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) }))
	b.SetBytes(size)
	for b.Loop() {
		res, err := s.Client().Get(s.URL)
		if err != nil {
			b.Fatal(err)
		}
		f, err := os.Create(filepath.Join(b.TempDir(), "file"))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(f, res.Body); err != nil {
			b.Fatal(err)
		}
		res.Body.Close()
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		f.Close()
		os.Remove(f.Name())
	}
}

// BenchmarkSHA3 is the hash alone, in memory: what no transfer that verifies can
// pass on one core.
func BenchmarkSHA3(b *testing.B) {
	text := film(benchSize(b))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		h := sha3.New256()
		h.Write(text)
		h.Sum(nil)
	}
}

// BenchmarkPutSource is the receiving cache alone, fed from memory: hash, cid and
// disk, without a network.
func BenchmarkPutSource(b *testing.B) {
	text := film(benchSize(b))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		b.StopTimer()
		mine, err := cache.Open(b.TempDir(), cache.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := mine.PutSource(b.Context(), bytes.NewReader(text), dag.ContentHash{}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := mine.Close(); err != nil {
			b.Fatal(err)
		}
		if err := os.RemoveAll(mine.Dir()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
