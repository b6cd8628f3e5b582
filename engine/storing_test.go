package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// A step whose result waits for the disk holds no slot: with one slot, b begins
// while a cannot be stored.
func TestStoringHoldsNoSlot(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	b.Slots = 1
	lock := flock.New(filepath.Join(dir, "store.lock"))
	b.Watch = func(e Event) {
		switch {
		case e.Kind == Started && e.Step.Label == "a":
			if err := lock.Lock(); err != nil {
				t.Error(err)
			}
		case e.Kind == Started && e.Step.Label == "b":
			if err := lock.Unlock(); err != nil {
				t.Error(err)
			}
		}
	}
	// Without the slot a waits for b, and b for a.
	stuck := time.AfterFunc(20*time.Second, func() {
		t.Error("b does not begin while a is stored")
		_ = lock.Unlock()
	})
	defer stuck.Stop()
	report, err := b.Run(context.Background(), Job{Plan: planOf(t, "a", "b", "c <- a b")})
	if err != nil {
		t.Fatal(err)
	}
	b.want(report, Completed, 3, 0, 0, 0)
}

// What waits to be stored is bounded, or steps that are faster than the disk
// would fill it with what is not stored yet.
func TestStoringIsBounded(t *testing.T) {
	dir := t.TempDir()
	b := newBench(t, dir)
	b.Slots = 1
	lock := flock.New(filepath.Join(dir, "store.lock"))
	begun, most := 0, 3 // one is performed, two wait
	b.Watch = func(e Event) {
		if e.Kind != Started {
			return
		}
		begun++
		if begun == 1 {
			if err := lock.Lock(); err != nil {
				t.Error(err)
			}
			time.AfterFunc(time.Second, func() { _ = lock.Unlock() })
		}
		if begun > most && lock.Locked() {
			t.Errorf("%d steps began while none could be stored", begun)
		}
	}
	report, err := b.Run(context.Background(), Job{Plan: planOf(t, "a", "b", "c", "d", "e", "f", "all <- a b c d e f")})
	if err != nil {
		t.Fatal(err)
	}
	b.want(report, Completed, 7, 0, 0, 0)
}
