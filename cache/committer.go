package cache

import (
	"errors"
	"slices"

	"github.com/artdag/artdag/groupcommit"
)

// committer makes what puts wrote durable, for all who wait at once: a
// journalling file system then commits once for many results instead of once
// for each.
type committer struct{ *groupcommit.Committer[*save] }

// save is what one put has to have synced.
type save struct {
	paths []string
	err   error
}

// errNotSynced is what came of a put whose sync came to no end.
var errNotSynced = errors.New("the sync came to no end")

// newCommitter returns a committer over a sync that returns when all that is at
// paths is durable.
func newCommitter(sync func(paths []string) error) *committer {
	return &committer{groupcommit.New(0, func(group []*save) {
		var paths []string
		for _, s := range group {
			paths = append(paths, s.paths...)
		}
		slices.Sort(paths)
		err := sync(slices.Compact(paths))
		for _, s := range group {
			s.err = err
		}
	})}
}

// save returns when all that was written at paths before the call is durable.
// An error is everybody's of the group: nobody can say whose bytes were lost.
func (c *committer) save(paths []string) error {
	s := &save{paths, errNotSynced}
	c.Do(s)
	return s.err
}
