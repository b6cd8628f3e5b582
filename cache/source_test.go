package cache

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs/cid"
)

// old makes a file that was not written in the last seconds by the clock that
// the cache is given.
func old(tb testing.TB, text string) (path string, opts Options) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "source.mp4")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path, Options{Now: func() time.Time { return time.Now().Add(time.Hour) }}
}

func TestHashSource(t *testing.T) {
	t.Parallel()
	path, opts := old(t, "abc")
	c := open(t, t.TempDir(), opts)
	reads := 0
	hash := func(rehash bool) Source {
		t.Helper()
		s, err := c.HashSource(t.Context(), path, rehash, func(n int64) { reads++ })
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := hash(false)
	if s.Hash != dag.HashContent([]byte("abc")) || s.Size != 3 || s.Path != path ||
		s.CID != "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu" {
		t.Errorf("HashSource = %+v", s)
	}
	if again := hash(false); again != s || reads != 1 {
		t.Errorf("the second time %+v after %d reads, want it remembered", again, reads)
	}
	if again := hash(true); again != s || reads != 2 {
		t.Errorf("with rehash %+v after %d reads", again, reads)
	}
	// The same size and time; only the ctime tells.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path, []byte("abX"), 0o644), os.Chtimes(path, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	var changed *ChangedError
	if err := s.Unchanged(); !errors.As(err, &changed) {
		t.Errorf("Unchanged = %v, want a ChangedError", err)
	}
	if again := hash(false); again.Hash != dag.HashContent([]byte("abX")) {
		t.Errorf("after the change %+v", again)
	}
}

func TestHashSourceJustWritten(t *testing.T) {
	t.Parallel()
	path, _ := old(t, "abc")
	c := open(t, t.TempDir(), Options{Now: time.Now})
	if _, err := c.HashSource(t.Context(), path, false, nil); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(c.path("hashed")); len(left) > 0 || err != nil {
		t.Errorf("the hash of a file that was just written is remembered: %v, %v", left, err)
	}
}

func TestHashSourceChangesMeanwhile(t *testing.T) {
	t.Parallel()
	path, opts := old(t, strings.Repeat("x", 3<<20))
	c := open(t, t.TempDir(), opts)
	_, err := c.HashSource(t.Context(), path, false, func(int64) {
		if err := os.WriteFile(path, []byte("short"), 0o644); err != nil {
			t.Error(err)
		}
	})
	var changed *ChangedError
	if !errors.As(err, &changed) || changed.Path != path {
		t.Errorf("got %v, want a ChangedError of %s", err, path)
	}
}

func TestHashSourceRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	for _, path := range []string{t.TempDir(), os.DevNull, filepath.Join(t.TempDir(), "nothing")} {
		if s, err := c.HashSource(t.Context(), path, false, nil); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("HashSource(%s) = %+v, %v, want an error that names it", path, s, err)
		}
	}
	path, _ := old(t, strings.Repeat("x", 3<<20))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.HashSource(ctx, path, false, func(int64) { cancel() })
	wantErr(t, "HashSource cancelled", err, context.Canceled)
}

func TestPutSource(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	data := make([]byte, 5<<20+12345)
	rand.NewChaCha8([32]byte{1}).Read(data)
	want := dag.HashContent(data)
	s, err := c.PutSource(t.Context(), iotest.HalfReader(bytes.NewReader(data)), want)
	if err != nil {
		t.Fatal(err)
	}
	address, err := cid.Of(bytes.NewReader(data))
	if err != nil || s.Hash != want || s.CID != address || s.Size != int64(len(data)) || s.Unchanged() != nil {
		t.Errorf("PutSource = %+v, want %s %s", s, want, address)
	}
	if read(t, s.Path) != string(data) {
		t.Error("other bytes were stored")
	}
	path, err := c.Content(want)
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, s.Path, path)
	scratch, err := c.Scratch("step")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Borrow(scratch, s.Path, "in")
	if err := errors.Join(err, s.Unchanged(), scratch.Close()); err != nil {
		t.Errorf("a source in the cache after a step borrowed it: %v", err)
	}
	if again, err := c.PutSource(t.Context(), bytes.NewReader(data), dag.ContentHash{}); err != nil || again.Path != s.Path {
		t.Errorf("again: %+v, %v", again, err)
	}
	counted(t, c)
	sound(t, c)
}

func TestPutSourceRefuses(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	_, err := c.PutSource(t.Context(), strings.NewReader("abc"), dag.HashContent([]byte("other")))
	var mismatch *MismatchError
	if !errors.As(err, &mismatch) || mismatch.Got != dag.HashContent([]byte("abc")) {
		t.Errorf("other bytes: got %v, want a MismatchError", err)
	}
	broken := errors.New("the line broke")
	for _, size := range []int64{10, 3 << 20} {
		r := io.MultiReader(io.LimitReader(zeros{}, size), iotest.ErrReader(broken))
		_, err := c.PutSource(t.Context(), r, dag.ContentHash{})
		wantErr(t, "PutSource of a broken stream", err, broken)
	}
	if err := leftNothing(c); err != nil {
		t.Error(err)
	}
}

func TestContentIsVerified(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	s, err := c.PutSource(t.Context(), strings.NewReader("abc"), dag.ContentHash{})
	if err != nil {
		t.Fatal(err)
	}
	if err := overwrite(s.Path, "abX"); err != nil {
		t.Fatal(err)
	}
	_, err = c.Content(s.Hash)
	wantErr(t, "Content of a file that was written to", err, ErrMissing)
	_, err = c.Source(s.Hash)
	wantErr(t, "Source of a file that was written to", err, ErrMissing)
}

type failingWriter struct{ after int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// A sink that fails stops the stream long before its end.
func TestFanOutSinkFails(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	for _, after := range []int{0, 5} {
		n, err := c.fanOut(t.Context(), zeros{}, nil, []io.Writer{io.Discard, &failingWriter{after}})
		wantErr(t, "fanOut", err, io.ErrShortWrite)
		if n > 64<<20 {
			t.Errorf("read %d bytes after the failure", n)
		}
	}
}
