package claim_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/artdag/artdag/claim"
)

// realistic is a step with a spec of about 400 bytes, in chains of ten.
func realistic(i int) claim.Spec {
	s := step(fmt.Sprintf("s%d", i))
	if i%10 > 0 {
		s = step(fmt.Sprintf("s%d", i), fmt.Sprintf("s%d", i-1))
	}
	s.Config = json.RawMessage(`{"filter":"` + strings.Repeat("x", 250) + `"}`)
	s.Tags = []string{"ffmpeg"}
	return s
}

func plan(n int) []claim.Spec {
	steps := make([]claim.Spec, n)
	for i := range steps {
		steps[i] = realistic(i)
	}
	return steps
}

var calls = regexp.MustCompile(`cmdstat_evalsha:calls=(\d+),usec=(\d+)`)

// scripts returns how many scripts the server has run, and their time in us.
func (f *farm) scripts() (n, us float64) {
	found := calls.FindStringSubmatch(f.Redis.Info(f.ctx(), "commandstats").Val())
	if found == nil {
		return 0, 0
	}
	n, _ = strconv.ParseFloat(found[1], 64)
	us, _ = strconv.ParseFloat(found[2], 64)
	return n, us
}

// measure reports the server's time per script beside the time per round trip.
func (f *farm) measure(b *testing.B, work func()) {
	n, us := f.scripts()
	b.ResetTimer()
	work()
	b.StopTimer()
	n2, us2 := f.scripts()
	b.ReportMetric((us2-us)/max(n2-n, 1), "server-us/call")
}

func BenchmarkSubmit(b *testing.B) {
	f := newFarm(b)
	steps := plan(b.N)
	f.ok(f.Enlist(f.ctx(), "j", runID("j"), claim.Default, claim.Active))
	f.measure(b, func() {
		_, err := f.Submit(f.ctx(), "j", steps)
		f.ok(err)
	})
}

func (f *farm) ready(b *testing.B, n int) []claim.Released {
	steps := plan(n * 10)
	var roots []claim.Spec
	for i := 0; i < len(steps); i += 10 {
		roots = append(roots, steps[i], steps[i+1])
	}
	f.ok(f.Resize(f.ctx(), "cpu", 10*n, nil))
	f.submit("j", roots...)
	var out []claim.Released
	for len(out) < n {
		list, err := f.Dispatch(f.ctx(), "cpu", 100)
		f.ok(err)
		out = append(out, list...)
	}
	return out
}

func BenchmarkDispatch(b *testing.B) {
	f := newFarm(b)
	f.ok(f.Resize(f.ctx(), "cpu", 1<<30, nil))
	steps := plan(b.N * 10)
	var roots []claim.Spec
	for i := 0; i < len(steps); i += 10 {
		roots = append(roots, steps[i])
	}
	f.submit("j", roots...)
	f.measure(b, func() {
		for left := b.N; left > 0; {
			list, err := f.Dispatch(f.ctx(), "cpu", 100)
			f.ok(err)
			left -= len(list)
		}
	})
}

var busy = claim.Worker{ID: "w1", Tags: []string{"ffmpeg"}, Holder: "w1"}

func (f *farm) own(b *testing.B, list []claim.Released) []*claim.Owned {
	out := make([]*claim.Owned, len(list))
	for i, r := range list {
		o, err := f.Claim(f.ctx(), r.ID, r.Release, claim.NewToken(), busy)
		f.ok(err)
		out[i] = o
	}
	return out
}

func BenchmarkClaim(b *testing.B) {
	f := newFarm(b)
	list := f.ready(b, b.N)
	f.measure(b, func() { f.own(b, list) })
}

func BenchmarkComplete(b *testing.B) {
	f := newFarm(b)
	owned := f.own(b, f.ready(b, b.N))
	f.measure(b, func() {
		for _, o := range owned {
			_, err := f.Complete(f.ctx(), o, busy, result(o), claim.Hand{})
			f.ok(err)
		}
	})
}

// BenchmarkCompleteHandOver runs chains: each completion brings the next step.
func BenchmarkCompleteHandOver(b *testing.B) {
	f := newFarm(b)
	f.submit("j", plan(b.N+10)...)
	next := f.own(b, []claim.Released{f.released("cpu")[stepID("s0")]})[0]
	f.measure(b, func() {
		for range b.N {
			c, err := f.Complete(f.ctx(), next, busy, result(next), claim.Hand{Token: claim.NewToken(), Slots: 4})
			f.ok(err)
			if c.Next == nil {
				b.StopTimer()
				list, err := f.Dispatch(f.ctx(), "cpu", 1)
				f.ok(err)
				if len(list) == 0 {
					return
				}
				next = f.own(b, list)[0]
				b.StartTimer()
				continue
			}
			next = c.Next
		}
	})
}

func BenchmarkStart(b *testing.B) {
	f := newFarm(b)
	owned := f.own(b, f.ready(b, b.N))
	f.measure(b, func() {
		for _, o := range owned {
			_, err := f.Start(f.ctx(), o, resolved(o.Spec.Label))
			f.ok(err)
		}
	})
}

func BenchmarkRelease(b *testing.B) {
	f := newFarm(b)
	owned := f.own(b, f.ready(b, b.N))
	f.measure(b, func() {
		for _, o := range owned {
			f.ok(f.Release(f.ctx(), o))
		}
	})
}

func BenchmarkFail(b *testing.B) {
	f := newFarm(b)
	owned := f.own(b, f.ready(b, b.N))
	f.measure(b, func() {
		for _, o := range owned {
			_, err := f.Fail(f.ctx(), o, busy, claim.Failed, "exit status 1", 3, 0)
			f.ok(err)
		}
	})
}

// BenchmarkRenew renews 16 steps at a time; an op is one step.
func BenchmarkRenew(b *testing.B) {
	f := newFarm(b)
	var steps []claim.Progress
	for _, o := range f.own(b, f.ready(b, 16)) {
		steps = append(steps, claim.Progress{ID: o.Spec.ID, Token: o.Token, Done: 0.5})
	}
	f.measure(b, func() {
		for range (b.N + 15) / 16 {
			_, err := f.Renew(f.ctx(), busy, "{}", classes, steps)
			f.ok(err)
		}
	})
}

// BenchmarkMemory reports what Redis keeps of a step that waits.
func BenchmarkMemory(b *testing.B) {
	f := newFarm(b)
	used := func() int {
		var n int
		_, after, _ := strings.Cut(f.Redis.Info(f.ctx(), "memory").Val(), "used_memory:")
		_, _ = fmt.Sscan(after, &n)
		return n
	}
	const n = 100_000
	before := used()
	f.submit("j", plan(n)...)
	b.ReportMetric(float64(used()-before)/n, "B/step")
}

// BenchmarkCompleteTogether runs chains side by side, whose completions go
// together and bring the next step of each; an op is one step.
func BenchmarkCompleteTogether(b *testing.B) {
	f := newFarm(b)
	var steps []claim.Spec
	for i := range b.N + 100 {
		steps = append(steps, step(fmt.Sprintf("s%d", i)))
	}
	f.ok(f.Resize(f.ctx(), "cpu", claim.CompleteAtOnce, nil))
	f.submit("j", steps...)
	list, err := f.Dispatch(f.ctx(), "cpu", claim.CompleteAtOnce)
	f.ok(err)
	owned := f.own(b, list)
	done := 0
	f.measure(b, func() {
		for done < b.N && len(owned) > 0 {
			part := make([]claim.Completion, len(owned))
			for i, o := range owned {
				made := result(o)
				made.Resolved = o.Spec.ID // as of steps that read only sources
				part[i] = claim.Completion{Owned: o, Result: made, Holder: "w1", Hand: claim.Hand{Token: claim.NewToken(), Slots: 4}}
			}
			answers, err := f.CompleteAll(f.ctx(), busy, part)
			f.ok(err)
			done += len(owned)
			owned = owned[:0]
			for _, a := range answers {
				if a.Next != nil {
					owned = append(owned, a.Next)
				}
			}
		}
	})

}
