package claim_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/artdag/artdag/claim"
)

// Each case brings a step to where a call is refused, and makes it.
var refusals = []struct {
	name string
	call func(f *farm) error
	want func(error) bool
}{
	{"a release that is over", func(f *farm) error {
		f.submit("j", step("s"))
		f.released("cpu")
		_, err := f.Claim(f.ctx(), stepID("s"), 0, claim.NewToken(), worker("w"))
		return err
	}, is(claim.ErrStale)},
	{"a step that nobody submitted", func(f *farm) error {
		_, err := f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, is(claim.ErrStale)},
	{"a step that another owns", func(f *farm) error {
		f.submit("j", step("s"))
		f.take("s", worker("other"))
		_, err := f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, func(err error) bool { var e *claim.BusyError; return errors.As(err, &e) && e.Worker == "other" }},
	{"a step that is done", func(f *farm) error {
		f.submit("j", step("s"))
		f.finish(f.take("s", worker("w")), worker("w"), claim.Hand{})
		_, err := f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, func(err error) bool { var e *claim.DoneError; return errors.As(err, &e) && e.Content == content("s") }},
	{"a step that has failed", func(f *farm) error {
		f.submit("j", step("s"))
		_, err := f.Fail(f.ctx(), f.take("s", worker("w")), worker("w"), claim.Invalid, "wrong", 3, 0)
		f.ok(err)
		_, err = f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, is(claim.ErrFailed)},
	{"a paused job", func(f *farm) error {
		f.submit("j", step("s"))
		f.released("cpu")
		f.ok(f.Steer(f.ctx(), "j", claim.Paused, "", classes))
		_, err := f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, is(claim.ErrPaused)},
	{"a cancelled job", func(f *farm) error {
		f.submit("j", step("s"))
		f.released("cpu")
		f.ok(f.Steer(f.ctx(), "j", claim.Cancelled, "", classes))
		_, err := f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, is(claim.ErrCancelled)},
	{"a tag that the worker lacks", func(f *farm) error {
		s := step("s")
		s.Tags = []string{"gpu:big", "blender"}
		f.submit("j", s)
		f.released("cpu")
		_, err := f.Claim(f.ctx(), s.ID, 1, claim.NewToken(), worker("w", "blender"))
		return err
	}, notMe},
	{"a step that this worker failed while another lives", func(f *farm) error {
		for _, w := range []string{"w", "other"} {
			_, err := f.Renew(f.ctx(), worker(w), "{}", classes, nil)
			f.ok(err)
		}
		f.submit("j", step("s"))
		retry, err := f.Fail(f.ctx(), f.take("s", worker("w")), worker("w"), claim.Failed, "broken", 3, 0)
		f.ok(err)
		_, err = f.Claim(f.ctx(), stepID("s"), retry.Release, claim.NewToken(), worker("w"))
		return err
	}, notMe},
	{"the grace of a new epoch", func(f *farm) error {
		_, err := f.Begin(f.ctx(), f.Epoch(), time.Minute, "test")
		f.ok(err)
		f.submit("j", step("s"))
		f.released("cpu")
		_, err = f.Claim(f.ctx(), stepID("s"), 1, claim.NewToken(), worker("w"))
		return err
	}, func(err error) bool {
		var e *claim.WaitError
		return errors.As(err, &e) && e.For > 0 && e.For <= time.Minute
	}},
	{"a job that is not enlisted", func(f *farm) error {
		_, err := f.Submit(f.ctx(), "nobody", fan())
		return err
	}, is(claim.ErrGone)},
	{"sealing a job that is not enlisted", func(f *farm) error { _, err := f.Seal(f.ctx(), "nobody"); return err }, is(claim.ErrGone)},
	{"steering a job that is not enlisted", func(f *farm) error {
		return f.Steer(f.ctx(), "nobody", claim.Paused, "", classes)
	}, is(claim.ErrGone)},
	{"reading a job that is not enlisted", func(f *farm) error { _, err := f.Job(f.ctx(), "nobody"); return err }, is(claim.ErrGone)},
	{"the same work by another", func(f *farm) error {
		o := twins(f)
		_, err := f.Start(f.ctx(), o[0], resolved("same"))
		f.ok(err)
		_, err = f.Start(f.ctx(), o[1], resolved("same"))
		return err
	}, is(claim.ErrWaits)},
	{"inputs that keep vanishing", func(f *farm) error {
		w := worker("w")
		f.submit("j", step("s"), step("d", "s"))
		f.finish(f.take("s", w), w, claim.Hand{})
		for {
			d := f.take("d", w)
			if err := f.Reopen(f.ctx(), d, w, []claim.Missing{{Producer: stepID("s"), Content: content("s")}}); err != nil {
				return err
			}
			_, err := f.Submit(f.ctx(), "j", []claim.Spec{step("s")})
			f.ok(err)
			f.finish(f.take("s", w), w, claim.Hand{})
		}
	}, is(claim.ErrFailed)},
}

// twins are two owned steps that are the same work.
func twins(f *farm) [2]*claim.Owned {
	f.submit("j", step("s"), step("d", "s"), step("e", "s"))
	f.finish(f.take("s", worker("w")), worker("w"), claim.Hand{})
	return [2]*claim.Owned{f.take("d", worker("w")), f.claimed("e", worker("w"))}
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

func notMe(err error) bool {
	var e *claim.NotMeError
	return errors.As(err, &e) && e.Release > 1
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, f *farm) {
				if err := c.call(f); !c.want(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// Whoever owns nothing, or belongs to an epoch that is over, changes nothing.
func TestStrangersAndOldEpochsAreRefused(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j", step("s"))
		owner := f.take("s", w)
		stranger := *owner
		stranger.Token = claim.NewToken()
		calls := map[string]func(o *claim.Owned) error{
			"start":    func(o *claim.Owned) error { _, err := f.Start(f.ctx(), o, resolved("s")); return err },
			"complete": func(o *claim.Owned) error { _, err := f.Complete(f.ctx(), o, w, result(o), claim.Hand{}); return err },
			"fail": func(o *claim.Owned) error {
				_, err := f.Fail(f.ctx(), o, w, claim.Failed, "broken", 1, 0)
				return err
			},
			"release": func(o *claim.Owned) error { return f.Release(f.ctx(), o) },
			"reopen":  func(o *claim.Owned) error { return f.Reopen(f.ctx(), o, w, nil) },
		}
		for name, call := range calls {
			if err := call(&stranger); !errors.Is(err, claim.ErrLost) {
				t.Errorf("%s by a stranger: %v", name, err)
			}
		}
		f.wantStates("s=X")
		f.ok(f.Redis.Set(f.ctx(), f.Prefix.Epoch(), "another", 0).Err())
		for name, call := range calls {
			if err := call(owner); !errors.Is(err, claim.ErrEpoch) {
				t.Errorf("%s in an old epoch: %v", name, err)
			}
		}
		if _, err := f.Dispatch(context.Background(), "cpu", 1); !errors.Is(err, claim.ErrEpoch) {
			t.Errorf("dispatch in an old epoch: %v", err)
		}
	})
}

// What one of two has done the other finds known, and both end as one.
func TestTheSameWorkIsDoneOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w, o := worker("w"), twins(f)
		_, err := f.Start(f.ctx(), o[0], resolved("same"))
		f.ok(err)
		for range 2 { // the reply may be lost
			if _, err := f.Start(f.ctx(), o[1], resolved("same")); !errors.Is(err, claim.ErrWaits) {
				t.Fatalf("start of the same work: %v", err)
			}
		}
		f.wantStates("d=X e=W")
		r := result(o[0])
		r.Resolved = resolved("same")
		_, err = f.Complete(f.ctx(), o[0], w, r, claim.Hand{})
		f.ok(err)
		e := f.take("e", w)
		if known, err := f.Start(f.ctx(), e, resolved("same")); err != nil || known != r.Content {
			t.Fatalf("start of work that was done: %s, %v", known.Short(), err)
		}
		r.Executed = false
		_, err = f.Complete(f.ctx(), e, w, r, claim.Hand{})
		f.ok(err)
		if got := f.job("j"); got.Executed != 2 || got.Cached != 1 || got.Open != 0 {
			t.Errorf("job is %+v", got)
		}
	})
}

// One that waits for the same work goes on by itself when that is given up.
func TestWaitingForWorkThatIsGivenUp(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w, o := worker("w"), twins(f)
		_, err := f.Start(f.ctx(), o[0], resolved("same"))
		f.ok(err)
		_, _ = f.Start(f.ctx(), o[1], resolved("same"))
		_, err = f.Fail(f.ctx(), o[0], w, claim.Failed, "broken", 1, 0)
		f.ok(err)
		f.settleAll()
		f.wantStates("d=F e=R")
	})
}

// The first recorded hash stands; other bytes are reported.
func TestTheFirstHashStands(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j", step("s"))
		o := f.take("s", w)
		f.ok(f.Redis.HSet(f.ctx(), f.Prefix.Key("resolved"), o.Spec.ID.String(), content("first").String()).Err())
		c, err := f.Complete(f.ctx(), o, w, result(o), claim.Hand{})
		if err != nil || c.Stands != content("first") {
			t.Fatalf("complete: %+v, %v", c, err)
		}
		entries, err := f.ReadDone(f.ctx(), "", 10)
		if err != nil || len(entries) != 1 || entries[0].Content != content("first") || entries[0].Differs != content("s") {
			t.Errorf("completions are %+v, %v", entries, err)
		}
		f.ok(f.Recorded(f.ctx(), c.Stream))
		renewed, err := f.Renew(f.ctx(), w, "", nil, nil)
		if err != nil || renewed.Recorded != c.Stream {
			t.Errorf("recorded up to %q, %v, want %s", renewed.Recorded, err, c.Stream)
		}
	})
}

// The window bounds what one job has released; equal jobs take turns.
func TestWindowsAndTurns(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		f.ok(f.Resize(f.ctx(), "cpu", 2, nil))
		f.submit("j1", step("a1"), step("a2"), step("a3"), step("a4"))
		f.submit("j2", step("b1"), step("b2"), step("b3"))
		list, err := f.Dispatch(f.ctx(), "cpu", 3)
		f.ok(err)
		var got []string
		for _, r := range list {
			got = append(got, map[bool]string{true: "j1", false: "j2"}[r.ID == stepID("a1") || r.ID == stepID("a2")])
		}
		if len(got) != 3 || got[0] == got[1] || got[1] == got[2] {
			t.Errorf("turns were %v", got)
		}
		if n := len(f.released("cpu")); n != 1 {
			t.Errorf("%d more released, want 1 within windows of 2", n)
		}
		f.ok(f.Resize(f.ctx(), "cpu", 3, []string{"j1", "j2"}))
		if n := len(f.released("cpu")); n != 2 {
			t.Errorf("%d released by the wider window, want 2", n)
		}
	})
}
