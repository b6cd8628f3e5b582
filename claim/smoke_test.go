package claim_test

import (
	"errors"
	"testing"
	"time"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// A small plan: src feeds three, which meet in join, which ends in tail.
func fan() []claim.Spec {
	return []claim.Spec{
		step("src"), step("a", "src"), step("b", "src"), step("c", "src"), step("join", "a", "b", "c"), step("tail", "join"),
	}
}

func idsOf(steps []claim.Spec) []dag.CacheID {
	out := make([]dag.CacheID, len(steps))
	for i, s := range steps {
		out[i] = s.ID
	}
	return out
}

func TestAJobFromSubmitToForget(t *testing.T) {
	t.Parallel()
	f, w := newFarm(t), worker("w1")
	f.submit("job1", fan()...)
	f.wantStates("src=R a=W join=W tail=W")

	src := f.take("src", w)
	if !src.Running {
		t.Errorf("a step that reads sources only is %+v, want running", src)
	}
	f.finish(src, w, claim.Hand{})
	f.wantStates("src=D a=R b=R c=R join=W")

	a := f.take("a", w)
	if len(a.Contents) != 1 || a.Contents[0] != content("src") {
		t.Errorf("contents of a are %v", a.Contents)
	}
	handed := f.finish(a, w, claim.Hand{})
	if handed.Next != nil {
		t.Errorf("complete brought %v, though none was asked for", handed.Next)
	}
	f.finish(f.claimed("b", w), w, claim.Hand{})
	next := f.finish(f.claimed("c", w), w, claim.Hand{Token: claim.NewToken(), Slots: 4}).Next
	if next == nil || next.Spec.Label != "join" || len(next.Contents) != 3 {
		t.Fatalf("complete brought %+v, want join", next)
	}
	tail := f.finish(next, w, claim.Hand{Token: claim.NewToken(), Slots: 4}).Next
	f.finish(tail, w, claim.Hand{Token: claim.NewToken(), Slots: 4})

	if got := f.job("job1"); got.Open != 0 || got.Executed != 6 {
		t.Errorf("job is %+v", got)
	}
	if done, err := f.Finished(f.ctx()); err != nil || len(done) != 1 {
		t.Errorf("finished are %v, %v", done, err)
	}
	f.ok(f.Forget(f.ctx(), "job1", idsOf(fan())))
	f.ok(f.Dismiss(f.ctx(), "job1", classes))
	if left := f.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFailureSkipsWhatDependsOnIt(t *testing.T) {
	t.Parallel()
	f, w := newFarm(t), worker("w1")
	f.submit("job1", fan()...)
	o := f.take("src", w)
	retry, err := f.Fail(f.ctx(), o, w, claim.Failed, "exit status 1", 2, time.Second)
	if err != nil || retry == nil || retry.Spent != 1 {
		t.Fatalf("first failure: %+v, %v", retry, err)
	}
	o, err = f.Claim(f.ctx(), stepID("src"), retry.Release, claim.NewToken(), w)
	f.ok(err)
	retry, err = f.Fail(f.ctx(), o, w, claim.Failed, "exit status 1", 2, time.Second)
	if err != nil || retry != nil {
		t.Fatalf("last failure: %+v, %v", retry, err)
	}
	f.settleAll()
	f.wantStates("src=F a=S b=S c=S join=S tail=S")
	if got := f.job("job1"); got.Open != 0 || got.Failed != 1 || got.Skipped != 5 {
		t.Errorf("job is %+v", got)
	}

	// A new job begins at attempt 0.
	f.submit("job2", fan()...)
	f.wantStates("src=R a=W b=W c=W join=W tail=W")
	for _, name := range []string{"src", "a", "b", "c", "join", "tail"} {
		f.finish(f.take(name, w), w, claim.Hand{})
	}
	for _, job := range []string{"job1", "job2"} {
		if got := f.job(job); got.Open != 0 || got.Failed != 0 || got.Skipped != 0 {
			t.Errorf("%s is %+v", job, got)
		}
		f.ok(f.Forget(f.ctx(), job, idsOf(fan())))
		f.ok(f.Dismiss(f.ctx(), job, classes))
	}
	if left := f.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTwoJobsWantTheSameSteps(t *testing.T) {
	t.Parallel()
	f, w := newFarm(t), worker("w1")
	f.submit("job1", fan()...)
	f.submit("job2", fan()...)
	f.ok(f.Steer(f.ctx(), "job1", claim.Paused, "", classes))
	src := f.take("src", w)
	if src.Job != "job2" {
		t.Errorf("the step is done for %s, which is paused", src.Job)
	}
	f.ok(f.Steer(f.ctx(), "job2", claim.Cancelled, "", classes))
	fates, err := f.Renew(f.ctx(), w, "{}", classes, []claim.Progress{{ID: src.Spec.ID, Token: src.Token}})
	if err != nil || fates.Fates[0] != claim.Kept {
		t.Errorf("a step that a paused job wants: %v, %v", fates, err)
	}
	f.ok(f.Forget(f.ctx(), "job2", idsOf(fan())))
	f.ok(f.Dismiss(f.ctx(), "job2", classes))
	f.ok(f.Release(f.ctx(), src))
	if got := f.released("cpu"); len(got) != 0 {
		t.Errorf("released while paused: %v", got)
	}
	f.ok(f.Steer(f.ctx(), "job1", claim.Active, claim.High, classes))
	if got := f.released("cpu")[stepID("src")]; got.Priority != claim.High {
		t.Errorf("released after resuming: %+v", got)
	}
	f.ok(f.Steer(f.ctx(), "job1", claim.Cancelled, "", classes))
	if _, err := f.Claim(f.ctx(), stepID("src"), f.state("src").Release, claim.NewToken(), w); !errors.Is(err, claim.ErrCancelled) {
		t.Errorf("claim of a cancelled step: %v", err)
	}
	f.ok(f.Forget(f.ctx(), "job1", idsOf(fan())))
	f.ok(f.Dismiss(f.ctx(), "job1", classes))
	f.settleAll()
	if left := f.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestALapsedLeaseIsTakenBack(t *testing.T) {
	t.Parallel()
	f, w := newFarm(t), worker("w1")
	f.submit("job1", step("src"))
	for lost := range 5 {
		o := f.take("src", w)
		f.lapse("src")
		taken, err := f.Sweep(f.ctx())
		if err != nil || len(taken) != 1 {
			t.Fatalf("sweep: %v, %v", taken, err)
		}
		if _, err := f.Complete(f.ctx(), o, w, result(o), claim.Hand{}); !errors.Is(err, claim.ErrLost) {
			t.Errorf("a late owner completes: %v", err)
		}
		if got := f.state("src"); got.Attempts != 0 || got.Lost != lost+1 {
			t.Errorf("after %d lost workers the step is %+v", lost+1, got)
		}
	}
	f.wantStates("src=F")
}

// lapse puts the end of a step's lease into the past.
func (f *farm) lapse(name string) {
	f.t.Helper()
	key := f.Prefix.Of(f.Epoch(), "step:"+stepID(name).String())
	f.ok(f.Redis.HSet(f.ctx(), key, "lease", 1).Err())
	f.ok(f.Redis.ZAddXX(f.ctx(), f.Prefix.Of(f.Epoch(), "leases"), redisZ(stepID(name))).Err())
}
