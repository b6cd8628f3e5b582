package claim_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/artdag/artdag/claim"
)

// C8: what a script touches is bounded, however much waits for a step.
func TestAFanOutIsToldInPortions(t *testing.T) {
	t.Parallel()
	const many = 100_000
	f, w := newFarm(t), worker("w")
	steps := []claim.Spec{step("src")}
	for i := range many {
		steps = append(steps, step(fmt.Sprintf("s%d", i), "src"))
	}
	f.submit("j", steps...)
	key := f.Prefix.Of(f.Epoch(), "dependents:"+stepID("src").String())
	left := f.Redis.SCard(f.ctx(), key).Val()
	if left != many {
		t.Fatalf("%d steps wait, want %d", left, many)
	}
	told := func(verb string) {
		now := f.Redis.SCard(f.ctx(), key).Val()
		if left-now > 200 {
			t.Fatalf("%s told %d steps at once", verb, left-now)
		}
		left = now
	}
	f.finish(f.take("src", w), w, claim.Hand{})
	told("complete")
	for more := true; more; {
		var err error
		more, err = f.Settle(f.ctx())
		f.ok(err)
		told("settle")
	}
	if n := f.Redis.LLen(f.ctx(), f.Prefix.Of(f.Epoch(), "ready:j:cpu")).Val(); left != 0 || n != many {
		t.Errorf("%d are not told, %d are ready", left, n)
	}
}

func TestManyJobsWantOneStep(t *testing.T) {
	t.Parallel()
	f, w := newFarm(t), worker("w")
	steps := []claim.Spec{step("src"), step("a", "src"), step("b", "src"), step("c", "src")}
	const many = 1000
	for i := range many {
		f.submit(fmt.Sprintf("j%d", i), steps...)
	}
	f.ok(f.Enlist(f.ctx(), "late", runID("late"), claim.Default, claim.Active))
	if _, err := f.Submit(f.ctx(), "late", steps); !errors.Is(err, claim.ErrCrowded) {
		t.Errorf("job %d: %v", many+1, err)
	}
	key := f.Prefix.Of(f.Epoch(), "dependents:"+stepID("src").String())
	f.finish(f.take("src", w), w, claim.Hand{})
	if left := f.Redis.SCard(f.ctx(), key).Val(); left < 2 {
		t.Errorf("complete told %d steps that 1,000 jobs want", 3-left)
	}
	f.settleAll()
	for _, name := range []string{"a", "b", "c"} {
		f.finish(f.take(name, w), w, claim.Hand{})
	}
	if done, err := f.Finished(f.ctx()); err != nil || len(done) != many {
		t.Errorf("%d jobs are finished, %v", len(done), err)
	}
	executed := 0
	for i := range many {
		executed += f.job(fmt.Sprintf("j%d", i)).Executed
	}
	if executed != 4 {
		t.Errorf("4 steps were executed %d times", executed)
	}
}
