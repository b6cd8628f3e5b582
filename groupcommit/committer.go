// Package groupcommit lets callers that wait for the same costly act share it: a
// sync of the disk, a call to Redis. Who comes while one is under way waits for
// the next, which serves all who wait. Nobody waits for company: who is alone
// is served at once. Databases have committed transactions like this since
// DeWitt et al., "Implementation techniques for main memory database systems",
// SIGMOD 1984.
package groupcommit

import "runtime"

// Committer serves callers in groups, one group after the other. It is safe for
// concurrent use; make it with New.
type Committer[T any] struct {
	commit func([]T)
	most   int
	turn   chan struct{}  // full while a group is served
	next   chan *group[T] // always holds the group that may be joined
}

// group are callers that are served together.
type group[T any] struct {
	brought []T
	done    chan struct{} // closed when they are served
}

// New returns a committer that calls commit with what callers brought, in the
// order in which they came, at most so many at a time; 0 for any number. What
// comes of each, commit leaves in what was brought: let T be a pointer. A commit
// that panics does so in one of the callers; the others return with what it had
// left by then.
func New[T any](most int, commit func([]T)) *Committer[T] {
	c := &Committer[T]{commit: commit, most: most, turn: make(chan struct{}, 1), next: make(chan *group[T], 1)}
	c.next <- newGroup[T]()
	return c
}

func newGroup[T any]() *group[T] { return &group[T]{done: make(chan struct{})} }

// Do returns when commit was called, after Do was, with what the caller brings.
func (c *Committer[T]) Do(brought T) {
	g := <-c.next
	g.brought = append(g.brought, brought)
	leads := len(g.brought) == 1
	if len(g.brought) == c.most {
		c.next <- newGroup[T]()
	} else {
		c.next <- g
	}
	if leads {
		c.lead(g)
	}
	<-g.done
}

// lead serves the group of which the caller is the first.
func (c *Committer[T]) lead(g *group[T]) {
	c.turn <- struct{}{}
	// Those who were served just now may come again at once: let them.
	runtime.Gosched()
	if open := <-c.next; open == g { // closed to others, who would come too late
		c.next <- newGroup[T]()
	} else { // it was full
		c.next <- open
	}
	defer func() {
		close(g.done)
		<-c.turn
	}()
	c.commit(g.brought)
}
