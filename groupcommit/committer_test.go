package groupcommit

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// held is a commit that says what it is called with and ends when it is told.
type held struct {
	called chan []string
	end    chan struct{}
}

func newHeld() held { return held{make(chan []string), make(chan struct{})} }

func (h held) commit(brought []string) {
	h.called <- brought
	<-h.end
}

// serves checks who is served, and lets the commit end.
func (h held) serves(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, <-h.called); diff != "" {
		t.Errorf("a commit serves (-want +got):\n%s", diff)
	}
	h.end <- struct{}{}
	synctest.Wait()
}

// come starts callers in turn.
func come(c *Committer[string], done chan string, names ...string) {
	for _, name := range names {
		go func() {
			c.Do(name)
			done <- name
		}()
		synctest.Wait()
	}
}

func TestWhoWaitsSharesTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, done := newHeld(), make(chan string, 10)
		c := New(0, h.commit)
		come(c, done, "alone", "a", "b", "c")
		if len(done) > 0 {
			t.Error("somebody did not wait")
		}
		h.serves(t, "alone")
		if len(done) != 1 {
			t.Errorf("%d returned before the shared commit, want the first alone", len(done))
		}
		h.serves(t, "a", "b", "c")
		if len(done) != 4 {
			t.Errorf("%d returned, want all 4", len(done))
		}
		come(c, done, "late")
		h.serves(t, "late")
	})
}

func TestAGroupIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, done := newHeld(), make(chan string, 10)
		c := New(2, h.commit)
		come(c, done, "alone", "a", "b", "c", "d", "e")
		h.serves(t, "alone")
		h.serves(t, "a", "b")
		h.serves(t, "c", "d")
		h.serves(t, "e")
		if len(done) != 6 {
			t.Errorf("%d returned, want all 6", len(done))
		}
	})
}

func TestAPanicHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, done := newHeld(), make(chan string, 10)
		c := New(0, func(brought []string) {
			h.commit(brought)
			if len(brought) > 1 {
				panic("broken")
			}
		})
		come(c, done, "alone")
		go func() {
			defer func() { done <- fmt.Sprint(recover()) }()
			c.Do("leads")
		}()
		synctest.Wait()
		come(c, done, "follows")
		h.serves(t, "alone")
		h.serves(t, "leads", "follows")
		come(c, done, "later")
		h.serves(t, "later")
		if len(done) != 4 {
			t.Errorf("%d returned, want all 4", len(done))
		}
	})
}
