package claim

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/dag"
)

// Worker is who claims.
type Worker struct {
	ID   string
	Tags []string
	// Holder is how others find the bytes that it makes; empty when it serves
	// none.
	Holder string
}

// Owned is a step that the caller owns under Token.
type Owned struct {
	Spec     Spec
	Token    string
	Job      string // whose turn it was
	Release  int64
	Attempts int  // spent before this one
	Running  bool // it reads only sources and runs already
	// Contents are what the producers came to, in the order of
	// Spec.Producers; zero for a result that is not known any more.
	Contents []dag.ContentHash
	Claimed  time.Time // on this machine's clock
	// Unreadable says that a newer program wrote the spec, of which the id alone is
	// known: the step is for another worker.
	Unreadable error
}

// Claim takes the step of a queue task. Besides ErrLost and ErrEpoch it is
// refused with ErrStale, *BusyError, *DoneError, ErrPaused, ErrCancelled,
// *NotMeError, ErrFailed and *WaitError.
func (s *Store) Claim(ctx context.Context, id dag.CacheID, release int64, token string, w Worker) (*Owned, error) {
	at := time.Now()
	a, err := s.do(ctx, "claim", id.Short(), id.String(), release, token, w.ID, Lease.Milliseconds(), tagList(w.Tags))
	if err != nil {
		return nil, err
	}
	return owned(id, token, release, a, at), nil
}

// owned reads the answer of the fragment own: code, state, spec, attempts,
// contents, job, slots.
func owned(id dag.CacheID, token string, release int64, a answer, at time.Time) *Owned {
	spec, unreadable := decodeSpec(id, a.text(2))
	spec.Slots = int(a.number(6))
	o := &Owned{
		Spec: spec, Token: token, Release: release, Running: a.text(1) == "X", Attempts: int(a.number(3)), Job: a.text(5), Claimed: at,
		Unreadable: unreadable,
	}
	for _, text := range strings.Fields(a.text(4)) {
		o.Contents = append(o.Contents, parse[dag.ContentHash](text))
	}
	return o
}

// Start says what the step comes to with the bytes of its inputs. known is the
// result if the same work was done before: then Complete the step with it,
// unexecuted. ErrWaits says that another runs the same work; the claim is over.
func (s *Store) Start(ctx context.Context, o *Owned, resolved dag.CacheID) (known dag.ContentHash, err error) {
	a, err := s.call(ctx, "start", s.Epoch(), o.Spec.ID.String(), o.Token, resolved.String())
	switch {
	case err != nil:
	case a.code() == codeHit:
		return a.hash(1), nil
	case a.code() == codeWait:
		err = ErrWaits
	default:
		err = refusal(a)
	}
	if err != nil {
		return known, fmt.Errorf("claim: start %s: %w", o.Spec.ID.Short(), err)
	}
	return known, nil
}

// Class of a failure.
type Class string

// The classes of failures: of the recipe, of the tool, of a service, of a worker
// that is too old for the step.
const (
	Invalid     Class = "invalid"
	Failed      Class = "failed"
	Unavailable Class = "unavailable"
	Unfit       Class = "unfit"
)

// Retry says when a failed step is tried again; nil when it is not.
type Retry struct {
	Release  int64
	Slots    int
	Priority Priority
	Spent    int // attempts
}

// Fail ends an attempt. With a retry the caller puts the step into the queue,
// for after the delay.
func (s *Store) Fail(ctx context.Context, o *Owned, w Worker, class Class, message string, attempts int, delay time.Duration) (*Retry, error) {
	const most = 4000 // bytes of a message; the whole is in the step's log
	if len(message) > most {
		message = message[:most]
	}
	a, err := s.call(ctx, "fail", s.Epoch(), o.Spec.ID.String(), o.Token, string(class), strings.ToValidUTF8(message, "?"), w.ID, attempts, delay.Milliseconds())
	if err == nil && a.code() == codeRetry {
		return &Retry{Release: a.number(1), Slots: int(a.number(2)), Priority: Priority(a.text(3)), Spent: int(a.number(4))}, nil
	}
	if err == nil && a.code() != codeFailed {
		err = refusal(a)
	}
	if err != nil {
		return nil, fmt.Errorf("claim: fail %s: %w", o.Spec.ID.Short(), err)
	}
	return nil, nil
}

// Release hands the claim back unspent. Call it only when nothing of the step
// runs any more (C6).
func (s *Store) Release(ctx context.Context, o *Owned) error {
	_, err := s.do(ctx, "release", o.Spec.ID.Short(), o.Spec.ID.String(), o.Token)
	return err
}

// Missing is an input that can be had nowhere.
type Missing struct {
	Producer dag.CacheID
	Content  dag.ContentHash
}

// Reopen gives the claim back and has the inputs made again. ErrFailed says
// that they vanished too often.
func (s *Store) Reopen(ctx context.Context, o *Owned, w Worker, missing []Missing) error {
	args := []any{o.Spec.ID.String(), o.Token, w.ID}
	for _, m := range missing[:min(len(missing), 300)] {
		args = append(args, m.Producer.String(), m.Content.String())
	}
	_, err := s.do(ctx, "reopen", o.Spec.ID.Short(), args...)
	return err
}

// Progress of a running step.
type Progress struct {
	ID    dag.CacheID
	Token string
	Done  float64 // 0 to 1
}

// Fate of a claim that was renewed.
type Fate int

// The fates.
const (
	Kept      Fate = iota
	LostClaim      // another may have it: kill it
	NotWanted      // no job wants it any more: kill it and release it
)

// Renewal is the answer to Renew.
type Renewal struct {
	Recorded string // id in the stream up to which completions are recorded
	Drain    bool   // the worker is to drain
	Fates    []Fate // in the order of the steps
}

// Renew keeps a worker and its claims alive. description, if not empty, is the
// JSON that others read of the worker. One round trip for 300 steps.
func (s *Store) Renew(ctx context.Context, w Worker, description string, classes []string, steps []Progress) (Renewal, error) {
	const most = 300
	var out Renewal
	for first := true; first || len(steps) > 0; first = false {
		n := min(len(steps), most)
		args := []any{w.ID, Lease.Milliseconds(), description, tagList(classes)}
		for _, p := range steps[:n] {
			args = append(args, p.ID.String(), p.Token, strconv.FormatFloat(p.Done, 'f', 3, 64))
		}
		a, err := s.do(ctx, "renew", w.ID, args...)
		if err != nil {
			return out, err
		}
		out.Recorded, out.Drain = a.text(1), a.number(2) == 1
		for i := range n {
			out.Fates = append(out.Fates, fate(a.number(3+i)))
		}
		steps, description = steps[n:], ""
	}
	return out, nil
}

func fate(code int64) Fate {
	switch code {
	case codeOK:
		return Kept
	case codeCancelled:
		return NotWanted
	}
	return LostClaim
}

// Adopt tells a new epoch what the worker runs. Of each step it says whether it
// is still the worker's.
func (s *Store) Adopt(ctx context.Context, w Worker, steps []Progress) ([]Fate, error) {
	const most = 300
	var out []Fate
	for len(steps) > 0 {
		n := min(len(steps), most)
		args := []any{w.ID, Lease.Milliseconds()}
		for _, p := range steps[:n] {
			args = append(args, p.ID.String(), p.Token)
		}
		a, err := s.do(ctx, "adopt", w.ID, args...)
		if err != nil {
			return out, err
		}
		for i := range n {
			out = append(out, fate(a.number(1+i)))
		}
		steps = steps[n:]
	}
	return out, nil
}

// Report is a completion that a worker repeats because it was not recorded.
type Report struct {
	ID     dag.CacheID `json:"id"`
	Jobs   []string    `json:"jobs"`
	Result Result      `json:"result"`
}

// Report repeats completions after Redis forgot them. It returns their ids in
// the stream.
func (s *Store) Report(ctx context.Context, w Worker, reports []Report) ([]string, error) {
	const most = 5
	var out []string
	for len(reports) > 0 {
		n := min(len(reports), most)
		args := []any{w.ID, w.Holder}
		for _, r := range reports[:n] {
			args = append(args, r.ID.String(), r.Result.Resolved.String(), r.Result.Content.String(), r.Result.CID, strings.Join(r.Jobs, ","), r.Result.Meta)
		}
		a, err := s.do(ctx, "report", w.ID, args...)
		if err != nil {
			return out, err
		}
		for i := range n {
			out = append(out, a.text(1+i))
		}
		reports = reports[n:]
	}
	return out, nil
}

// Leave says that a worker is gone.
func (s *Store) Leave(ctx context.Context, w Worker, classes []string) error {
	_, err := s.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Del(ctx, s.Prefix.Worker(w.ID), s.Prefix.Drain(w.ID))
		p.SRem(ctx, s.Prefix.Key("workers"), w.ID)
		for _, class := range classes {
			p.ZRem(ctx, s.Prefix.Of(s.Epoch(), "workers:"+class), w.ID)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("claim: leave: %w", err)
	}
	return nil
}
