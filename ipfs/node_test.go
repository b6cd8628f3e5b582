package ipfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/artdag/artdag/ipfs/cid"
	"github.com/artdag/artdag/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, api string, options Options) *Node {
	t.Helper()
	n, err := New(api, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

func random(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

func sum(t *testing.T, data []byte) string {
	t.Helper()
	c, err := cid.Of(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNodeAgainstKubo(t *testing.T) {
	t.Parallel()
	n := connect(t, servicetest.Kubo(t).API(), Options{})
	for _, size := range []int{0, 1, 262144, 1 << 20, 1<<20 + 1, 100 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			data := random(size)
			if _, err := n.Add(t.Context(), bytes.NewReader(data), sum(t, data)); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("repository", func(t *testing.T) {
		if repo, err := n.RepoStat(t.Context()); err != nil || repo.RepoSize < 100<<20 || repo.StorageMax == 0 {
			t.Errorf("got %+v, %v", repo, err)
		}
	})
	t.Run("a range", func(t *testing.T) {
		data := random(1<<20 + 1)
		r, err := n.Cat(t.Context(), sum(t, data), 1<<20-3, 4)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data[1<<20-3:]) {
			t.Errorf("got %x, %v; want %x", got, err, data[1<<20-3:])
		}
	})
	t.Run("another cid", func(t *testing.T) {
		data := []byte("other")
		_, err := n.Add(t.Context(), bytes.NewReader(data), "bafy")
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || mismatch.Got != sum(t, data) {
			t.Errorf("got %v", err)
		}
		if pinned, err := n.Pinned(t.Context(), sum(t, data)); err != nil || pinned {
			t.Errorf("pinned = %v, %v", pinned, err)
		}
	})
	t.Run("a source that fails", func(t *testing.T) {
		if _, err := n.Add(t.Context(), iotest.ErrReader(io.ErrNoProgress), "bafy"); !errors.Is(err, io.ErrNoProgress) {
			t.Errorf("got %v", err)
		}
		if _, err := n.ID(t.Context()); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := n.ID(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNodeComesBack(t *testing.T) {
	t.Parallel()
	kubo := servicetest.Kubo(t)
	now := time.Now()
	n := connect(t, kubo.API(), Options{Now: func() time.Time { return now }})
	kubo.Stop()
	if _, err := n.ID(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("down: %v", err)
	}
	kubo.Start()
	if _, err := n.ID(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("before the probe: %v", err)
	}
	now = now.Add(time.Minute)
	if _, err := n.ID(t.Context()); err != nil {
		t.Errorf("after it: %v", err)
	}
}
