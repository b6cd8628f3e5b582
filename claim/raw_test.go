package claim_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// A step with more inputs than one call carries is held until the last is in.
func TestAFanInComesInParts(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		const many = 1500
		var sources []claim.Spec
		var names []string
		for i := range many {
			names = append(names, fmt.Sprintf("s%d", i))
			sources = append(sources, step(names[i]))
		}
		w := worker("w")
		f.ok(f.Resize(f.ctx(), "cpu", many, nil))
		f.submit("j", sources...)
		for range many / 100 {
			for id, r := range f.released("cpu") {
				o, err := f.Claim(f.ctx(), id, r.Release, claim.NewToken(), w)
				f.ok(err)
				if o.Spec.Label != "s7" { // the last one
					f.finish(o, w, claim.Hand{})
				}
			}
		}
		join := step("join", names...)
		for range 2 {
			_, err := f.Submit(f.ctx(), "j", []claim.Spec{join})
			f.ok(err)
		}
		want := map[string]string{"st": "W", "miss": "1", "class": "cpu", "slots": "1", "job": "j"}
		if diff := cmp.Diff(want, f.raw("join")); diff != "" {
			t.Errorf("the step is (-want +got)\n%s", diff)
		}
		f.lapse("s7")
		_, err := f.Sweep(f.ctx())
		f.ok(err)
		f.finish(f.take("s7", w), w, claim.Hand{})
		o := f.take("join", w)
		if len(o.Contents) != many || o.Contents[7] != content("s7") || o.Contents[many-1] != content(names[many-1]) {
			t.Errorf("the step is given %d contents", len(o.Contents))
		}
	})
}

func (f *farm) raw(name string) map[string]string {
	f.t.Helper()
	m, err := f.Redis.HGetAll(f.ctx(), f.Prefix.Of(f.Epoch(), "step:"+stepID(name).String())).Result()
	f.ok(err)
	return m
}

// without leaves out fields that hold times.
func without(m map[string]string, fields ...string) map[string]string {
	for _, field := range fields {
		delete(m, field)
	}
	return m
}

// What Redis holds of a step from submit to the end.
func TestWhatRedisHolds(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w, id := worker("w"), stepID("s").String()
		check := func(at string, want, got any) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", at, diff)
			}
		}
		f.submit("j1", step("s"))
		f.submit("j2", step("s"))
		want := map[string]string{"st": "R", "class": "cpu", "slots": "1", "src": "1", "job": "j1", "more": "1"}
		check("submitted", want, f.raw("s"))
		check("wanted", []string{"j2"}, f.Redis.SMembers(f.ctx(), f.Prefix.Of(f.Epoch(), "wants:"+id)).Val())
		for _, job := range []string{"j1", "j2"} {
			check("ready for "+job, []string{id}, f.Redis.LRange(f.ctx(), f.Prefix.Of(f.Epoch(), "ready:"+job+":cpu"), 0, -1).Val())
		}
		f.released("cpu")
		want["st"], want["by"], want["rel"], want["qp"] = "Q", "j1", "1", "default"
		check("released", want, f.raw("s"))
		check("in the queue", map[string]string{"default": "1", "j1": "1"}, f.Redis.HGetAll(f.ctx(), f.Prefix.Of(f.Epoch(), "queued:cpu")).Val())

		o := f.claimed("s", w)
		want["st"], want["tok"], want["wkr"], want["rid"], want["end"] = "X", o.Token, "w", id, ""
		check("owned", want, without(f.raw("s"), "cl"))
		check("leases", []string{id}, f.Redis.ZRange(f.ctx(), f.Prefix.Of(f.Epoch(), "leases"), 0, -1).Val())
		check("same work", map[string]string{}, f.Redis.HGetAll(f.ctx(), f.Prefix.Of(f.Epoch(), "resolving")).Val())

		f.finish(o, w, claim.Hand{})
		want["st"], want["end"], want["hash"], want["ex"] = "D", "done", content("s").String(), "1"
		check("done", want, without(f.raw("s"), "cl", "dn", "sid"))
		maps := map[string]string{"results": content("s").String(), "resolved": content("s").String()}
		for name, value := range maps {
			check(name, map[string]string{id: value}, f.Redis.HGetAll(f.ctx(), f.Prefix.Key(name)).Val())
		}
		check("cid", map[string]string{content("s").String(): "cid-s"}, f.Redis.HGetAll(f.ctx(), f.Prefix.Key("ipfs_index")).Val())
		check("holders", map[string]string{content("s").String(): "w"}, f.Redis.HGetAll(f.ctx(), f.Prefix.Key("holders")).Val())
		check("j1", 1, f.job("j1").Executed)
		check("j2", 1, f.job("j2").Cached)
	})
}

// A completion that nobody wants yet is found by a job that comes soon.
func TestACompletionThatNobodyWants(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j1", step("s"))
		o := f.take("s", w)
		f.ok(f.Forget(f.ctx(), "j1", idsOf([]claim.Spec{step("s")})))
		f.ok(f.Dismiss(f.ctx(), "j1", classes))
		fates, err := f.Renew(f.ctx(), w, "", nil, []claim.Progress{{ID: o.Spec.ID, Token: o.Token}})
		if err != nil || fates.Fates[0] != claim.NotWanted {
			t.Errorf("renewed what nobody wants: %v, %v", fates, err)
		}
		f.finish(o, w, claim.Hand{})
		if ttl := f.Redis.TTL(f.ctx(), f.Prefix.Of(f.Epoch(), "step:"+o.Spec.ID.String())).Val(); ttl <= 0 {
			t.Errorf("it stays for %s", ttl)
		}
		f.submit("j2", step("s"), step("d", "s"))
		f.wantStates("s=D d=R")
		if got := f.job("j2"); got.Cached != 1 || got.Open != 1 {
			t.Errorf("job is %+v", got)
		}
		if ttl := f.Redis.TTL(f.ctx(), f.Prefix.Of(f.Epoch(), "step:"+o.Spec.ID.String())).Val(); ttl > 0 {
			t.Errorf("it goes in %s, though a job wants it", ttl)
		}
	})
}

// A result that turned up again wakes those that wait for it.
func TestAResultTurnsUpAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j", step("s"), step("d", "s"))
		f.finish(f.take("s", w), w, claim.Hand{})
		f.ok(f.Reopen(f.ctx(), f.take("d", w), w, []claim.Missing{{Producer: stepID("s"), Content: content("s")}}))
		f.wantStates("s=D d=W")
		f.ok(f.Redis.HSet(f.ctx(), f.Prefix.Key("results"), stepID("s").String(), content("s").String()).Err())
		f.ok(f.Resettle(f.ctx(), stepID("s")))
		f.settleAll()
		f.wantStates("s=D d=R")
		if gone, err := f.Reopened(f.ctx(), 10); err != nil || len(gone) != 0 {
			t.Errorf("still to be made again: %v, %v", gone, err)
		}
	})
}

// An input may have failed, or be gone, before what reads it is submitted.
func TestAnInputIsOverBeforeItsReaderComes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j", step("s"))
		_, err := f.Fail(f.ctx(), f.take("s", w), w, claim.Invalid, "wrong", 3, 0)
		f.ok(err)
		f.settleAll()
		_, err = f.Submit(f.ctx(), "j", []claim.Spec{step("s"), step("d", "s"), step("e", "unknown")})
		f.ok(err)
		f.settleAll()
		f.wantStates("s=F d=S e=R")
		e := f.take("e", w)
		if !e.Contents[0].IsZero() {
			t.Errorf("what is unknown came to %s", e.Contents[0].Short())
		}
		f.ok(f.Reopen(f.ctx(), e, w, []claim.Missing{{Producer: stepID("unknown")}}))
		if gone, err := f.Reopened(f.ctx(), 10); err != nil || len(gone) != 1 || gone[0].Producer != stepID("unknown") || gone[0].Job != "j" {
			t.Errorf("to be made: %+v, %v", gone, err)
		}
	})
}

// A result that is known and gone is made again, and replaced.
func TestAKnownResultWhoseBytesAreGone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		run := func(job string, known dag.ContentHash, bytes string) dag.ContentHash {
			p := step("p", "s")
			p.Gone = known
			f.submit(job, step("s"), p)
			if f.state("s").State != claim.Done {
				f.finish(f.take("s", w), w, claim.Hand{})
			}
			o := f.take("p", w)
			r := result(o)
			r.Content = content(bytes)
			hit, err := f.Start(f.ctx(), o, r.Resolved)
			f.ok(err)
			if !hit.IsZero() {
				return hit
			}
			c, err := f.Complete(f.ctx(), o, w, r, claim.Hand{})
			f.ok(err)
			return c.Stands
		}
		first := run("j1", dag.ContentHash{}, "one")
		if got := run("j2", first, "two"); got != content("two") {
			t.Errorf("while another job wants it, it came to %s", got.Short())
		}
		for _, job := range []string{"j1", "j2"} {
			if got := f.job(job); got.Open != 0 || got.Executed+got.Cached != 2 {
				t.Errorf("%s is %+v", job, got)
			}
			f.ok(f.Forget(f.ctx(), job, idsOf([]claim.Spec{step("s"), step("p", "s")})))
			f.ok(f.Dismiss(f.ctx(), job, classes))
		}
		if got := run("j3", content("other"), "three"); got != content("two") {
			t.Errorf("when other bytes are gone, it came to %s, want what is known", got.Short())
		}
		entries, err := f.ReadDone(f.ctx(), "", 20)
		if err != nil || len(entries) < 4 || !entries[2].Replaces {
			t.Errorf("completions are %+v, %v", entries, err)
		}
	})
}

// A step that runs for nobody is charged to the job that wants it next.
func TestARunningStepChangesHands(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *farm) {
		w := worker("w")
		f.submit("j1", step("s"))
		f.submit("j2", step("s"))
		o := f.take("s", w)
		for _, job := range []string{"j1", "j2"} {
			f.ok(f.Forget(f.ctx(), job, idsOf([]claim.Spec{step("s")})))
			f.ok(f.Dismiss(f.ctx(), job, classes))
			want := map[string]string{"j1": "j2", "j2": ""}[job]
			if by := f.raw("s")["by"]; by != want {
				t.Errorf("after %s left it runs for %q, want %q", job, by, want)
			}
		}
		f.submit("j3", step("s"))
		used := func() string {
			return f.Redis.HGet(f.ctx(), f.Prefix.Of(f.Epoch(), "job:j3"), "in:cpu").Val()
		}
		if by := f.raw("s")["by"]; by != "j3" || used() != "1" {
			t.Errorf("it runs for %q, which has %s in its window", by, used())
		}
		f.finish(o, w, claim.Hand{})
		if used() != "0" || f.job("j3").Executed != 1 {
			t.Errorf("at the end %s are in the window of %+v", used(), f.job("j3"))
		}
	})
}
