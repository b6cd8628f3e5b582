package claim_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// machine drives a farm at random: jobs come and go, workers claim, finish,
// fail and die, replies are lost and calls repeated, Redis forgets. After each
// action check compares what is in Redis with the invariants of the package.
type machine struct {
	*farm
	specs   []claim.Spec
	groups  map[string]string // steps of one group that read the same are the same work
	jobs    map[string][]claim.Spec
	count   int
	held    []hold
	over    []hold // claims that ended
	done    map[dag.CacheID]dag.ContentHash
	journal []claim.Report
}

type hold struct {
	o *claim.Owned
	w claim.Worker
}

func TestRandomInterleavings(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	rapid.Check(t, func(rt *rapid.T) {
		f.ok(f.Redis.FlushDB(f.ctx()).Err())
		m := newMachine(rt, f)
		rt.Repeat(map[string]func(*rapid.T){
			"": m.check, "submit": m.submitJob, "dispatch": m.dispatch, "claim": m.claimSome, "claim more": m.claimSome, "finish": m.finishSome,
			"finish more": m.finishSome, "finish together": m.finishTogether, "fail": m.failSome, "release": m.releaseSome, "reopen": m.reopenSome, "lapse": m.lapseSome, "late": m.late,
			"settle": m.settle, "again": m.makeAgain, "steer": m.steer, "overdue": m.overdue, "forget": m.forgetJob, "flush": m.flush,
		})
		m.drain(rt)
	})
}

// newMachine draws a plan: each step reads some of those before it.
func newMachine(rt *rapid.T, f *farm) *machine {
	if _, err := f.Begin(f.ctx(), "", 0, "test"); err != nil {
		rt.Fatal(err)
	}
	m := &machine{farm: f, groups: map[string]string{}, jobs: map[string][]claim.Spec{}, done: map[dag.CacheID]dag.ContentHash{}}
	n := rapid.IntRange(2, 7).Draw(rt, "steps")
	for i := range n {
		name := fmt.Sprintf("s%d", i)
		var reads []string
		for j := range i {
			if rapid.IntRange(0, 2).Draw(rt, "reads") == 0 {
				reads = append(reads, fmt.Sprintf("s%d", j))
			}
		}
		m.specs = append(m.specs, step(name, reads...))
		m.groups[name] = fmt.Sprint(rapid.IntRange(0, 2).Draw(rt, "group"))
	}
	return m
}

func pick[T any](rt *rapid.T, what string, from []T) (T, int) {
	if len(from) == 0 {
		rt.Skip("no ", what)
	}
	i := rapid.IntRange(0, len(from)-1).Draw(rt, what)
	return from[i], i
}

func (m *machine) names() []string {
	var out []string
	for job := range m.jobs {
		out = append(out, job)
	}
	slices.Sort(out)
	return out
}

// closure is the part of the plan that the last step of it needs.
func (m *machine) closure(last int) []claim.Spec {
	need := map[dag.CacheID]bool{m.specs[last].ID: true}
	for i := last; i >= 0; i-- {
		if need[m.specs[i].ID] {
			for _, p := range m.specs[i].Producers() {
				need[p] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(m.specs), func(s claim.Spec) bool { return !need[s.ID] })
}

// twice makes a call, and perhaps again, as after a lost reply: the answers
// must be the same, unless the step was nobody's any more and went with the
// first call.
func twice[T any](rt *rapid.T, m *machine, name string, call func() (T, error)) (T, error) {
	a, err := call()
	gone := m.state(name).State == claim.NoState
	if rapid.Bool().Draw(rt, "reply lost") {
		b, again := call()
		if !gone && (!reflect.DeepEqual(plain(a), plain(b)) || (err == nil) != (again == nil)) {
			rt.Fatalf("answered %+v, %v, and repeated %+v, %v", a, err, b, again)
		}
	}
	return a, err
}

// plain leaves out when the call was made.
func plain(v any) any {
	without := func(o *claim.Owned) *claim.Owned {
		if o == nil {
			return nil
		}
		c := *o
		c.Claimed = time.Time{}
		return &c
	}
	switch v := v.(type) {
	case *claim.Owned:
		return without(v)
	case *claim.Completed:
		if v == nil {
			return v
		}
		c := *v
		c.Next = without(v.Next)
		return &c
	}
	return v
}

func (m *machine) submitJob(rt *rapid.T) {
	if len(m.jobs) == 3 {
		rt.Skip("enough jobs")
	}
	m.count++
	job := fmt.Sprintf("j%d", m.count)
	m.bring(rt, job, m.closure(rapid.IntRange(0, len(m.specs)-1).Draw(rt, "last")))
}

func (m *machine) bring(rt *rapid.T, job string, steps []claim.Spec) {
	m.must(rt, m.Enlist(m.ctx(), job, runID(job), claim.Priorities()[rapid.IntRange(0, 2).Draw(rt, "priority")], claim.Active))
	cut := rapid.IntRange(0, len(steps)).Draw(rt, "chunk")
	for _, part := range [][]claim.Spec{steps[:cut], steps[rapid.IntRange(0, cut).Draw(rt, "repeated from"):]} {
		_, err := m.Submit(m.ctx(), job, part)
		m.must(rt, err)
	}
	_, err := m.Seal(m.ctx(), job)
	m.must(rt, err)
	m.jobs[job] = steps
}

func (m *machine) must(rt *rapid.T, err error) {
	if err != nil {
		rt.Fatalf("%v", err)
	}
}

func (m *machine) dispatch(rt *rapid.T) {
	_, err := m.Dispatch(m.ctx(), "cpu", rapid.IntRange(1, 3).Draw(rt, "most"))
	m.must(rt, err)
}

func (m *machine) workers() []claim.Worker {
	return []claim.Worker{worker("w1"), worker("w2"), worker("w3")}
}

func (m *machine) claimSome(rt *rapid.T) {
	s, _ := pick(rt, "step", m.specs)
	w, _ := pick(rt, "worker", m.workers())
	at := m.state(s.Label)
	token, release := claim.NewToken(), at.Release-int64(rapid.IntRange(0, 5).Draw(rt, "stale")/5)
	o, err := twice(rt, m, s.Label, func() (*claim.Owned, error) { return m.Claim(m.ctx(), s.ID, release, token, w) })
	switch {
	case err == nil && (at.State != claim.Queued || release != at.Release):
		rt.Fatalf("claimed release %d of %s, which was %+v", release, s.Label, at)
	case err == nil:
		m.own(rt, o, w)
	case errors.Is(err, claim.ErrLost) || errors.Is(err, claim.ErrEpoch):
		rt.Fatalf("claim %s: %v", s.Label, err)
	}
}

// own checks C1 and C4 where a step is given out.
func (m *machine) own(rt *rapid.T, o *claim.Owned, w claim.Worker) {
	for _, h := range m.held {
		if h.o.Spec.ID == o.Spec.ID {
			rt.Fatalf("%s has two owners", o.Spec.Label)
		}
	}
	if was, ok := m.done[o.Spec.ID]; ok {
		rt.Fatalf("%s is given out, though it is done: %s", o.Spec.Label, was.Short())
	}
	m.held = append(m.held, hold{o, w})
}

func (m *machine) drop(i int) {
	m.over = append(m.over, m.held[i])
	m.held = slices.Delete(m.held, i, i+1)
}

// finishSome does a step as a worker does.
func (m *machine) finishSome(rt *rapid.T) {
	h, i := pick(rt, "claim", m.held)
	m.finishOne(rt, h, i, rapid.Bool().Draw(rt, "next"))
}

func (m *machine) finishOne(rt *rapid.T, h hold, i int, more bool) {
	c, ok := m.make(rt, h, i, more)
	if !ok {
		return
	}
	done, err := twice(rt, m, h.o.Spec.Label, func() (*claim.Completed, error) { return m.Complete(m.ctx(), h.o, h.w, c.Result, c.Hand) })
	m.must(rt, err)
	m.note(rt, h, c, *done)
}

// make executes the step of a claim, up to its completion; false when it came to
// none, and the claim is over.
func (m *machine) make(rt *rapid.T, h hold, i int, more bool) (c claim.Completion, ok bool) {
	if missing := m.missing(h.o); len(missing) > 0 {
		m.reopenOne(rt, h, i, missing)
		return c, false
	}
	r := claim.Result{Resolved: m.resolve(h.o), Executed: true, CID: "cid", Meta: "{}"}
	r.Content = content(h.o.Spec.Label + fmt.Sprint(rapid.IntRange(0, 1).Draw(rt, "bytes")))
	if !h.o.Running {
		known, err := twice(rt, m, h.o.Spec.Label, func() (dag.ContentHash, error) { return m.Start(m.ctx(), h.o, r.Resolved) })
		if errors.Is(err, claim.ErrWaits) {
			m.drop(i)
			return c, false
		}
		m.must(rt, err)
		if !known.IsZero() {
			r.Content, r.Executed = known, false
		}
	}
	c = claim.Completion{Owned: h.o, Result: r, Holder: h.w.Holder}
	if more {
		c.Hand = claim.Hand{Token: claim.NewToken(), Slots: 1, Yield: rapid.Bool().Draw(rt, "yield")}
	}
	return c, true
}

// note keeps what a completion came to.
func (m *machine) note(rt *rapid.T, h hold, c claim.Completion, done claim.Completed) {
	m.must(rt, done.Err)
	m.drop(m.at(h))
	m.done[h.o.Spec.ID] = done.Stands
	c.Result.Content = done.Stands
	m.journal = append(m.journal, claim.Report{ID: h.o.Spec.ID, Jobs: []string{h.o.Job}, Result: c.Result})
	if done.Next != nil {
		m.own(rt, done.Next, h.w)
	}
}

func (m *machine) at(h hold) int {
	return slices.IndexFunc(m.held, func(o hold) bool { return o.o.Token == h.o.Token })
}

// finishTogether completes steps of one worker in one call, and perhaps some of
// them again in other company, as after a lost reply.
func (m *machine) finishTogether(rt *rapid.T) {
	first, _ := pick(rt, "claim", m.held)
	var list []claim.Completion
	var whose []hold
	for _, h := range slices.Clone(m.held) {
		if h.w.ID != first.w.ID || rapid.IntRange(0, 3).Draw(rt, "goes on") == 0 {
			continue
		}
		if c, ok := m.make(rt, h, m.at(h), rapid.Bool().Draw(rt, "next")); ok {
			list, whose = append(list, c), append(whose, h)
		}
	}
	done, err := m.CompleteAll(m.ctx(), first.w, list)
	m.must(rt, err)
	for i, c := range list {
		if m.state(c.Owned.Spec.Label).State == claim.NoState || rapid.Bool().Draw(rt, "reply came") {
			continue
		}
		part := []claim.Completion{c}
		if k := rapid.IntRange(0, len(list)-1).Draw(rt, "with"); k != i {
			part = append(part, list[k])
		}
		again, err := m.CompleteAll(m.ctx(), first.w, part)
		m.must(rt, err)
		if !reflect.DeepEqual(plain(&done[i]), plain(&again[0])) {
			rt.Fatalf("answered %+v, and repeated %+v", done[i], again[0])
		}
	}
	for i, c := range list {
		m.note(rt, whose[i], c, done[i])
	}
}

// missing are the producers whose results the claim did not bring.
func (m *machine) missing(o *claim.Owned) []claim.Missing {
	var out []claim.Missing
	for k, p := range o.Spec.Producers() {
		if o.Contents[k].IsZero() {
			out = append(out, claim.Missing{Producer: p})
		}
	}
	return out
}

func (m *machine) resolve(o *claim.Owned) dag.CacheID {
	if len(o.Contents) == 0 {
		return o.Spec.ID
	}
	return sha256.Sum256([]byte(fmt.Sprint(m.groups[o.Spec.Label], o.Contents)))
}

func (m *machine) failSome(rt *rapid.T) {
	h, i := pick(rt, "claim", m.held)
	class := rapid.SampledFrom([]claim.Class{claim.Failed, claim.Failed, claim.Unavailable, claim.Invalid}).Draw(rt, "class")
	_, err := twice(rt, m, h.o.Spec.Label, func() (*claim.Retry, error) { return m.Fail(m.ctx(), h.o, h.w, class, "broken", 3, 0) })
	m.must(rt, err)
	m.drop(i)
}

func (m *machine) releaseSome(rt *rapid.T) {
	h, i := pick(rt, "claim", m.held)
	_, err := twice(rt, m, h.o.Spec.Label, func() (int, error) { return 0, m.Release(m.ctx(), h.o) })
	m.must(rt, err)
	m.drop(i)
}

func (m *machine) reopenSome(rt *rapid.T) {
	h, i := pick(rt, "claim", m.held)
	producers := h.o.Spec.Producers()
	p, k := pick(rt, "producer", producers)
	m.reopenOne(rt, h, i, []claim.Missing{{Producer: p, Content: h.o.Contents[k]}})
}

func (m *machine) reopenOne(rt *rapid.T, h hold, i int, missing []claim.Missing) {
	_, err := twice(rt, m, h.o.Spec.Label, func() (int, error) { return 0, m.Reopen(m.ctx(), h.o, h.w, missing) })
	if err != nil && !errors.Is(err, claim.ErrFailed) {
		rt.Fatal(err)
	}
	m.drop(i)
	for _, p := range missing {
		delete(m.done, p.Producer)
	}
}

// makeAgain does what a scheduler does for results that are gone: it may end
// before it has.
func (m *machine) makeAgain(rt *rapid.T) {
	list, err := m.Reopened(m.ctx(), 10)
	m.must(rt, err)
	for _, g := range list {
		i := slices.IndexFunc(m.specs, func(s claim.Spec) bool { return s.ID == g.Producer })
		need := slices.DeleteFunc(m.closure(i), func(s claim.Spec) bool {
			known, err := m.Redis.HExists(m.ctx(), m.Prefix.Key("results"), s.ID.String()).Result()
			m.must(rt, err)
			return known
		})
		_, err := m.Submit(m.ctx(), g.Job, need)
		m.must(rt, err)
		for _, s := range need {
			if !slices.ContainsFunc(m.jobs[g.Job], func(o claim.Spec) bool { return o.ID == s.ID }) {
				m.jobs[g.Job] = append(slices.Clone(m.jobs[g.Job]), s)
			}
		}
	}
}

func (m *machine) lapseSome(rt *rapid.T) {
	h, i := pick(rt, "claim", m.held)
	m.lapse(h.o.Spec.Label)
	taken, err := m.Sweep(m.ctx())
	m.must(rt, err)
	if len(taken) != 1 || taken[0] != h.o.Spec.ID {
		rt.Fatalf("sweep took %v, want %s", taken, h.o.Spec.Label)
	}
	m.drop(i)
}

// late lets one whose claim is over call any verb: it changes nothing (C2).
func (m *machine) late(rt *rapid.T) {
	h, _ := pick(rt, "claim that is over", m.over)
	before := m.dump(rt)
	r := claim.Result{Resolved: m.resolve(h.o), Content: content("late"), Executed: true}
	_, _ = m.Start(m.ctx(), h.o, r.Resolved)
	_, _ = m.Complete(m.ctx(), h.o, h.w, r, claim.Hand{Token: claim.NewToken(), Slots: 1})
	_, _ = m.Fail(m.ctx(), h.o, h.w, claim.Invalid, "late", 1, 0)
	_ = m.Release(m.ctx(), h.o)
	_ = m.Reopen(m.ctx(), h.o, h.w, []claim.Missing{{Producer: m.specs[0].ID}})
	_, err := m.Renew(m.ctx(), h.w, "", nil, []claim.Progress{{ID: h.o.Spec.ID, Token: h.o.Token}})
	m.must(rt, err)
	if after := m.dump(rt); !reflect.DeepEqual(before, after) {
		rt.Fatalf("a late owner of %s changed\n%v\nto\n%v", h.o.Spec.Label, before, after)
	}
}

func (m *machine) settle(rt *rapid.T) {
	_, err := m.Settle(m.ctx())
	m.must(rt, err)
}

func (m *machine) steer(rt *rapid.T) {
	job, _ := pick(rt, "job", m.names())
	state := rapid.SampledFrom([]claim.JobState{claim.Active, claim.Paused, ""}).Draw(rt, "state")
	priority := rapid.SampledFrom([]claim.Priority{claim.High, claim.Low, ""}).Draw(rt, "priority")
	m.must(rt, m.Steer(m.ctx(), job, state, priority, classes))
}

func (m *machine) overdue(rt *rapid.T) {
	list, err := m.Overdue(m.ctx(), -time.Second, 100)
	m.must(rt, err)
	for _, r := range list {
		_, err := m.Requeue(m.ctx(), r, rapid.Bool().Draw(rt, "seen"))
		m.must(rt, err)
	}
}

func (m *machine) forgetJob(rt *rapid.T) {
	job, _ := pick(rt, "job", m.names())
	m.must(rt, m.Steer(m.ctx(), job, claim.Cancelled, "", classes))
	m.leave(rt, job)
}

func (m *machine) leave(rt *rapid.T, job string) {
	steps := m.jobs[job]
	delete(m.jobs, job)
	m.must(rt, m.Forget(m.ctx(), job, idsOf(steps)))
	m.must(rt, m.Dismiss(m.ctx(), job, classes))
	for _, s := range steps {
		if m.state(s.Label).State == claim.NoState {
			delete(m.done, s.ID)
		}
	}
}

// flush makes Redis forget everything; workers adopt and report, some die.
func (m *machine) flush(rt *rapid.T) {
	m.must(rt, m.Redis.FlushDB(m.ctx()).Err())
	for _, h := range m.held {
		if err := m.Release(m.ctx(), h.o); !errors.Is(err, claim.ErrEpoch) {
			rt.Fatalf("release without an epoch: %v", err)
		}
	}
	_, err := m.Begin(m.ctx(), "", 0, "test")
	m.must(rt, err)
	m.done, m.over = map[dag.CacheID]dag.ContentHash{}, nil
	first := rapid.Bool().Draw(rt, "adopt first")
	if first {
		m.adopt(rt)
	}
	for _, job := range m.names() {
		m.bring(rt, job, m.jobs[job])
	}
	if !first {
		m.adopt(rt)
	}
}

func (m *machine) adopt(rt *rapid.T) {
	var kept []hold
	for _, h := range m.held {
		if rapid.IntRange(0, 3).Draw(rt, "dies") == 0 {
			continue
		}
		fates, err := twice(rt, m, h.o.Spec.Label, func() ([]claim.Fate, error) {
			return m.Adopt(m.ctx(), h.w, []claim.Progress{{ID: h.o.Spec.ID, Token: h.o.Token}})
		})
		m.must(rt, err)
		if fates[0] != claim.Kept {
			rt.Fatalf("the claim of %s is %v in the new epoch", h.o.Spec.Label, fates[0])
		}
		kept = append(kept, h)
	}
	m.held = kept
	for _, r := range m.journal {
		owned := slices.ContainsFunc(kept, func(h hold) bool { return h.o.Spec.ID == r.ID })
		if _, known := m.done[r.ID]; known || owned || rapid.Bool().Draw(rt, "recorded") {
			continue
		}
		_, err := m.Report(m.ctx(), m.workers()[0], []claim.Report{r})
		m.must(rt, err)
		m.done[r.ID] = r.Result.Content
	}
	m.journal = nil
}

// drain lets everything come to its end.
func (m *machine) drain(rt *rapid.T) {
	for _, job := range m.names() {
		m.must(rt, m.Steer(m.ctx(), job, claim.Active, "", classes))
	}
	for range 200 {
		if m.finished(rt) {
			m.check(rt)
			break
		}
		for len(m.held) > 0 {
			m.finishOne(rt, m.held[0], 0, true)
			m.check(rt)
		}
		m.settle(rt)
		m.makeAgain(rt)
		list, err := m.Dispatch(m.ctx(), "cpu", 100)
		m.must(rt, err)
		more, err := m.Overdue(m.ctx(), -time.Second, 100)
		m.must(rt, err)
		for _, r := range append(list, more...) {
			w := m.workers()[rapid.IntRange(0, 2).Draw(rt, "worker")]
			if o, err := m.Claim(m.ctx(), r.ID, r.Release, claim.NewToken(), w); err == nil {
				m.own(rt, o, w)
			}
		}
	}
	if !m.finished(rt) {
		rt.Fatalf("it does not come to an end: %v", m.dump(rt))
	}
	for len(m.held) > 0 {
		m.finishOne(rt, m.held[0], 0, false)
	}
	m.gone(rt)
}

func (m *machine) finished(rt *rapid.T) bool {
	list, err := m.Finished(m.ctx())
	m.must(rt, err)
	return len(list) == len(m.jobs)
}

// gone checks that nothing is left behind, but what will go by itself.
func (m *machine) gone(rt *rapid.T) {
	for _, job := range m.names() {
		m.leave(rt, job)
	}
	for more := true; more; {
		var err error
		more, err = m.Settle(m.ctx())
		m.must(rt, err)
	}
	_, err := m.Reopened(m.ctx(), 50)
	m.must(rt, err)
	for _, key := range m.keys() {
		if ttl := m.Redis.TTL(m.ctx(), m.Prefix.Of(m.Epoch(), key)).Val(); ttl <= 0 {
			rt.Fatalf("left behind: %s", key)
		}
	}
}
