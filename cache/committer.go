package cache

import "slices"

// committer makes what puts wrote durable. Who comes while a sync runs waits for
// the next one, which serves all of them: a journalling file system then commits
// once for many results instead of once for each. Nobody waits for company: a
// put that is alone is synced at once.
type committer struct {
	sync func(paths []string) error // returns when all that is at paths is durable
	turn chan struct{}              // full while a sync runs
	next chan *group                // always holds the group that may be joined
}

// group are puts that share a sync.
type group struct {
	paths []string
	done  chan struct{} // closed when err is set; nil before the first has joined
	err   error
}

func newCommitter(sync func([]string) error) *committer {
	c := &committer{sync: sync, turn: make(chan struct{}, 1), next: make(chan *group, 1)}
	c.next <- &group{}
	return c
}

// save returns when all that was written at paths before the call is durable.
// An error is everybody's of the group: nobody can say whose bytes were lost.
func (c *committer) save(paths []string) error {
	g := <-c.next
	leads := g.done == nil
	if leads {
		g.done = make(chan struct{})
	}
	g.paths = append(g.paths, paths...)
	c.next <- g
	if leads {
		c.lead(g)
	}
	<-g.done
	return g.err
}

// lead syncs for the group of which the caller is the first.
func (c *committer) lead(g *group) {
	c.turn <- struct{}{}
	<-c.next // closed to others: the sync may miss what they write from here on
	c.next <- &group{}
	slices.Sort(g.paths)
	g.err = c.sync(slices.Compact(g.paths))
	<-c.turn
	close(g.done)
}
