package cache

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/artdag/artdag/dag"
)

func TestLockExcludes(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	inside, most := 0, 0
	var mu sync.Mutex
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		inside += n
		most = max(most, inside)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				lock, err := c.Lock(t.Context(), stepID("a"))
				if err != nil {
					t.Error(err)
					return
				}
				count(1)
				count(-1)
				if err := lock.Unlock(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d had the lock at once", most)
	}
	if left, err := os.ReadDir(c.path("locks")); len(left) > 0 || err != nil {
		t.Errorf("lock files are left: %v, %v", left, err)
	}
}

func TestLockWaitsAndIsCancelled(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	lock, err := c.Lock(t.Context(), stepID("a"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Lock(t.Context(), stepID("b"))
	if err := errors.Join(err, other.Unlock()); err != nil {
		t.Errorf("another step's lock: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = c.Lock(ctx, stepID("a"))
	wantErr(t, "Lock while it is held", err, context.DeadlineExceeded)
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

// A lock file that a killed process left is taken over.
func TestLockLeftBehind(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	if err := os.WriteFile(c.path("locks", stepID("a").String()), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := c.Lock(t.Context(), stepID("a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestScratch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, dir, Options{})
	s, err := c.Scratch("alive")
	if err != nil {
		t.Fatal(err)
	}
	dead := c.path("scratch", "dead-1")
	if err := errors.Join(os.MkdirAll(dead+"/x", 0o755), os.WriteFile(c.path("scratch", "dead-2.lock"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	open(t, dir, Options{})
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the dead process's folder is left: %v", err)
	}
	if _, err := os.Stat(s.Dir); err != nil {
		t.Errorf("the living folder is gone: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(c.path("scratch")); len(left) > 0 || err != nil {
		t.Errorf("scratch has %v, %v", left, err)
	}
}

func TestPutCancelled(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Put(ctx, stepID("a"), dag.CacheID{}, Output{Path: write(t, c, "x.mkv", "abc")})
	wantErr(t, "Put", err, context.Canceled)
	_, err = c.Get(stepID("a"))
	wantErr(t, "Get", err, ErrMissing)
}

func TestScratchCloseReadOnlyFolders(t *testing.T) {
	t.Parallel()
	c := open(t, t.TempDir(), Options{})
	s, err := c.Scratch("tool")
	if err != nil {
		t.Fatal(err)
	}
	sub := s.Dir + "/a/b"
	if err := errors.Join(os.MkdirAll(sub, 0o755), os.WriteFile(sub+"/x", nil, 0o444), os.Chmod(sub, 0o500)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
