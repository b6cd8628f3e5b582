package claim

import (
	"context"
	"fmt"
	"time"

	"github.com/artdag/artdag/dag"
)

// Result is what a step came to.
type Result struct {
	Resolved dag.CacheID
	Content  dag.ContentHash
	CID      string
	Size     int64 // bytes
	Executed bool
	// Meta is kept with the completion for the record processor: JSON.
	Meta string
}

// Hand asks for a next step with the completion.
type Hand struct {
	Token string // of the next claim; empty asks for none
	Slots int    // the most that it may take
	// Yield has steps of other jobs that wait in the queue go first.
	Yield bool
}

// Completion is what CompleteAll records of one step.
type Completion struct {
	Owned  *Owned
	Result Result
	// Holder is how others find the bytes, as in Worker; empty when the worker
	// does not have them.
	Holder string
	Hand   Hand
}

// Completed is the answer to a completion.
type Completed struct {
	Stream string          // id in the stream of completions
	Stands dag.ContentHash // the result of the step: an earlier one stays
	Next   *Owned          // the next step, owned already; nil for none
	Err    error           // ErrLost, or nil
}

// Complete records the result of one step, tells what depends on it, and may
// bring the next one.
func (s *Store) Complete(ctx context.Context, o *Owned, w Worker, r Result, next Hand) (*Completed, error) {
	done, err := s.CompleteAll(ctx, w, []Completion{{o, r, w.Holder, next}})
	if err != nil {
		return nil, err
	}
	if done[0].Err != nil {
		return nil, done[0].Err
	}
	return &done[0], nil
}

// CompleteAtOnce is how many completions share a round trip.
const CompleteAtOnce = 8

// CompleteAll completes different steps of one worker, in the order of the list.
// One round trip for CompleteAtOnce of them, unless jobs by the hundred want
// them. With an error it returns the answers that it got; of the others nothing
// is known: repeat the call for them.
func (s *Store) CompleteAll(ctx context.Context, w Worker, list []Completion) ([]Completed, error) {
	out := make([]Completed, 0, len(list))
	for len(out) < len(list) {
		left := list[len(out):]
		part := left[:min(len(left), CompleteAtOnce)]
		at := time.Now()
		a, err := s.do(ctx, "complete", w.ID, s.completions(w, part)...)
		if err != nil {
			return out, err
		}
		if len(a) < 2 {
			return out, fmt.Errorf("claim: complete %s: Redis answered for none of %d steps", w.ID, len(part))
		}
		for i := range a[1:] {
			out = append(out, completed(part[i], a.list(1+i), at))
		}
	}
	return out, nil
}

func (s *Store) completions(w Worker, part []Completion) []any {
	args := make([]any, 0, 3+12*len(part))
	args = append(args, w.ID, Lease.Milliseconds(), tagList(w.Tags))
	for _, c := range part {
		r := c.Result
		args = append(args, c.Owned.Spec.ID.String(), c.Owned.Token, r.Resolved.String(), r.Content.String(), r.CID, r.Size, flag(r.Executed),
			r.Meta, c.Holder, c.Hand.Token, c.Hand.Slots, flag(c.Hand.Yield))
	}
	return args
}

func completed(c Completion, a answer, at time.Time) Completed {
	if err := refusal(a); err != nil {
		return Completed{Err: fmt.Errorf("claim: complete %s: %w", c.Owned.Spec.ID.Short(), err)}
	}
	done := Completed{Stream: a.text(1), Stands: a.hash(2)}
	if id := a.text(3); id != "" {
		done.Next = owned(parse[dag.CacheID](id), c.Hand.Token, a.number(5), a.list(4), at)
	}
	return done
}
