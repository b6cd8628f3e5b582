package claim_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

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

// Completions that together touch too much are taken in several calls.
func TestCompletionsThatManyJobsWantTakeMoreCalls(t *testing.T) {
	t.Parallel()
	f, w := newFarm(t), worker("w")
	const jobs, steps = 400, 6
	var specs []claim.Spec
	for i := range steps {
		specs = append(specs, step(fmt.Sprintf("s%d", i)))
	}
	for i := range jobs {
		f.submit(fmt.Sprintf("j%d", i), specs...)
	}
	f.released("cpu")
	var list []claim.Completion
	for _, s := range specs {
		o := f.claimed(s.Label, w)
		list = append(list, claim.Completion{Owned: o, Result: result(o)})
	}
	var calls counting
	f.Redis.AddHook(&calls)
	done, err := f.CompleteAll(f.ctx(), w, list)
	f.ok(err)
	// The third in a call would be more than 1,000 records.
	if len(done) != steps || calls != 3 {
		t.Errorf("%d completions were answered in %d calls, want %d in 3", len(done), calls, steps)
	}
	for i, d := range done {
		if d.Err != nil || d.Stands != list[i].Result.Content {
			t.Errorf("%s came to %s, %v", specs[i].Label, d.Stands.Short(), d.Err)
		}
	}
	if finished, err := f.Finished(f.ctx()); err != nil || len(finished) != jobs {
		t.Errorf("%d jobs are finished, %v, want %d", len(finished), err, jobs)
	}
}

// A step that is there twice is done once.
func TestAStepIsCompletedOnceACall(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j", step("a"), step("b"))
		o := f.take("a", w)
		c := claim.Completion{Owned: o, Result: result(o)}
		done, err := f.CompleteAll(f.ctx(), w, []claim.Completion{c, c})
		f.ok(err)
		if done[0].Err != nil || !errors.Is(done[1].Err, claim.ErrLost) {
			t.Errorf("answered %v and %v, want the second to be lost", done[0].Err, done[1].Err)
		}
		if j := f.job("j"); j.Executed != 1 || j.Open != 1 {
			t.Errorf("the job counts %+v, want one executed and one open", j)
		}
	})
}

// Of steps that turn out to be the same work the first completion is the fact,
// for those in its company too.
func TestTheSameWorkCompletedTogether(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j", step("a"), step("b"))
		var list []claim.Completion
		for _, name := range []string{"a", "b"} {
			c := claim.Completion{Owned: f.take(name, w)}
			c.Result = result(c.Owned)
			c.Result.Resolved = resolved("both")
			list = append(list, c)
		}
		done, err := f.CompleteAll(f.ctx(), w, list)
		f.ok(err)
		for i, d := range done {
			if d.Stands != content("a") {
				t.Errorf("completion %d came to %s, want what a came to", i, d.Stands.Short())
			}
		}
		entries, err := f.ReadDone(f.ctx(), "", 10)
		f.ok(err)
		if len(entries) != 2 || !entries[0].Differs.IsZero() || entries[1].Differs != content("b") {
			t.Errorf("recorded %+v, want the bytes of b as evidence", entries)
		}
	})
}

// counting counts the calls of a client.
type counting int

var _ redis.Hook = (*counting)(nil)

func (c *counting) DialHook(next redis.DialHook) redis.DialHook { return next }
func (c *counting) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (c *counting) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		*c++
		return next(ctx, cmd)
	}
}
