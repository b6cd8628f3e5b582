package tasks

import (
	"errors"
	"time"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/groupcommit"
)

// desk files the completions of a worker's slots with Redis: those that come
// while a call is under way go together in the next, which spares Redis and both
// sides most of what a tiny step costs. A step that ends alone waits for nobody.
type desk struct {
	*groupcommit.Committer[*filing]
}

// filing is a completion, and what came of it.
type filing struct {
	claim.Completion
	next *claim.Owned
	err  error
}

// errNotFiled is what came of a completion whose call came to no end.
var errNotFiled = errors.New("the completion was not filed")

func newDesk(w *Worker) *desk {
	p := pace{sleep: time.Sleep, now: time.Now, behind: func() (int64, error) { return w.Claims.UnrecordedAtMost(w.life()) }}
	return &desk{groupcommit.New(claim.CompleteAtOnce, func(group []*filing) {
		w.completeAll(group)
		p.after(len(group)) // groups are served one after the other
	})}
}

// file returns the next step, if one was handed on, when the completion is
// recorded and journaled. It fails as claim.Store.Complete does.
func (d *desk) file(c claim.Completion) (*claim.Owned, error) {
	f := &filing{Completion: c, err: errNotFiled}
	d.Do(f)
	return f.next, f.err
}

// completeAll files completions of different steps.
func (w *Worker) completeAll(group []*filing) {
	list := make([]claim.Completion, len(group))
	for i, f := range group {
		list[i] = f.Completion
	}
	done, err := w.Claims.CompleteAll(w.life(), w.Identity, list)
	for i, f := range group {
		if i < len(done) {
			f.next, f.err = done[i].Next, done[i].Err
		} else {
			f.err = err
		}
	}
	w.journal(list[:len(done)], done)
}

// journal notes what Redis took.
func (w *Worker) journal(list []claim.Completion, done []claim.Completed) {
	var entries []Entry
	for i, c := range list {
		if done[i].Err == nil {
			report := claim.Report{ID: c.Owned.Spec.ID, Jobs: []string{c.Owned.Job}, Result: c.Result}
			entries = append(entries, Entry{done[i].Stream, report})
		}
	}
	if len(entries) == 0 {
		return
	}
	if err := w.Journal.Add(entries...); err != nil {
		w.Log.Warn("completions are not journaled: should Redis forget them now, their steps are executed again", "error", err)
	}
}
