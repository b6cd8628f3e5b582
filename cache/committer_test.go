package cache

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

// heldSync is a sync that says what it is asked for and ends when it is told how.
type heldSync struct {
	asked chan []string
	end   chan error
}

func newHeldSync() heldSync { return heldSync{make(chan []string), make(chan error)} }

func (h heldSync) sync(paths []string) error {
	h.asked <- paths
	return <-h.end
}

// storing stores text in the background and returns where the result comes.
func storing(c *Cache, text string) <-chan error {
	stored := make(chan error, 1)
	go func() {
		_, err := c.PutSource(context.Background(), strings.NewReader(text), dag.ContentHash{})
		stored <- err
	}()
	return stored
}

func notYet(t *testing.T, stored <-chan error) {
	t.Helper()
	synctest.Wait() // until all that can go on without the sync is done
	select {
	case err := <-stored:
		t.Fatalf("a put returned before its sync: %v", err)
	default:
	}
}

// TestPutReturnsAfterItsSyncs: neither does anybody see content before its bytes
// are durable, nor does a put return before its name is.
func TestPutReturnsAfterItsSyncs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), Options{})
		held := newHeldSync()
		c.durable = newCommitter(held.sync)
		hash := dag.HashContent([]byte("abc"))

		stored := storing(c, "abc")
		paths := <-held.asked
		var names []string
		for _, path := range paths {
			names = append(names, filepath.Base(path))
		}
		if len(names) != 3 || !slices.Contains(names, "source") || !slices.Contains(names, metadataName) {
			t.Errorf("the first sync is of %v, want the file, its metadata and their folder", paths)
		}
		notYet(t, stored)
		_, err := c.Source(hash)
		wantErr(t, "the source before its bytes are durable", err, ErrMissing)
		_, err = c.Content(hash)
		wantErr(t, "the content before its bytes are durable", err, ErrMissing)

		held.end <- nil
		if diff := cmp.Diff([]string{c.path("sources")}, <-held.asked); diff != "" {
			t.Errorf("the second sync (-want +got):\n%s", diff)
		}
		notYet(t, stored)
		held.end <- nil
		if err := <-stored; err != nil {
			t.Error(err)
		}
	})
}

// TestFailedSyncStoresNothing: also for those who share it.
func TestFailedSyncStoresNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, t.TempDir(), Options{})
		held, broken := newHeldSync(), errors.New("the disk is broken")
		c.durable = newCommitter(held.sync)
		first := storing(c, "first")
		<-held.asked
		a, b := storing(c, "a"), storing(c, "b")
		synctest.Wait()
		held.end <- broken
		if n := len(<-held.asked); n != 6 {
			t.Errorf("the shared sync is of %d paths, want 6", n)
		}
		held.end <- broken
		for _, stored := range []<-chan error{first, a, b} {
			wantErr(t, "a put whose sync failed", <-stored, broken)
		}
		if err := leftNothing(c); err != nil {
			t.Error(err)
		}
	})
}

// TestWaitingPutsShareASync: all that come while one runs are served by the next.
func TestWaitingPutsShareASync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		held := newHeldSync()
		c := newCommitter(held.sync)
		done := make(chan error, 10)
		save := func(paths ...string) { done <- c.save(paths) }
		go save("alone")
		if diff := cmp.Diff([]string{"alone"}, <-held.asked); diff != "" {
			t.Errorf("a put that is alone (-want +got):\n%s", diff)
		}
		go save("a", "folder")
		go save("b", "folder")
		go save("c", "folder")
		synctest.Wait()
		if len(done) > 0 {
			t.Error("somebody did not wait")
		}
		held.end <- nil
		if diff := cmp.Diff([]string{"a", "b", "c", "folder"}, <-held.asked); diff != "" {
			t.Errorf("the shared sync (-want +got):\n%s", diff)
		}
		synctest.Wait()
		if len(done) != 1 {
			t.Errorf("%d returned before the shared sync, want the first alone", len(done))
		}
		held.end <- nil
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
