package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// fileLock is an flock on a file that may be removed while it is held. The
// kernel drops it when the process dies, however it dies.
type fileLock struct {
	lock *flock.Flock
	path string
}

// tryLock takes the lock at path, or returns nil when somebody has it. Who
// releases a lock may remove its file; so the lock counts only if the locked
// file is still the one at path, else it is tried again on the new one.
func tryLock(path string) (*fileLock, error) {
	for {
		l := flock.New(path)
		ok, err := l.TryLock()
		if err != nil || !ok {
			return nil, errors.Join(err, l.Close())
		}
		current, err := isCurrent(l, path)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		if current {
			return &fileLock{l, path}, nil
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
}

func isCurrent(l *flock.Flock, path string) (bool, error) {
	held, err := l.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, there), err
}

// waitLock takes the lock at path and waits for it, at most 50 ms longer than
// needed, because flock(2) itself cannot be told to stop waiting.
func waitLock(ctx context.Context, path string) (*fileLock, error) {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		l, err := tryLock(path)
		if l != nil || err != nil {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// remove removes the file and releases the lock, in this order: a waiter that
// gets the lock afterwards sees that the file is gone.
func (l *fileLock) remove() error {
	err := os.Remove(l.path)
	return errors.Join(err, l.lock.Close())
}

// storeLock guards the short moments in which several files of the cache change
// together: an entry appears or goes, its content link with it, the journal and
// the count of bytes. Its file is never renamed or removed.
type storeLock struct {
	mu   sync.Mutex // flock on one descriptor does not hold between goroutines
	file *flock.Flock
}

func openStoreLock(path string) (*storeLock, error) {
	// O_RDWR, so that a cache that can only be read is noticed here.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	return &storeLock{file: flock.New(path)}, f.Close()
}

// do runs fn under the lock. fn is short and waits for nothing but the disk.
func (s *storeLock) do(fn func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.file.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", s.file.Path(), err)
	}
	return errors.Join(fn(), s.file.Unlock())
}

func (s *storeLock) close() error { return s.file.Close() }
