package claim_test

import (
	"fmt"
	"testing"

	"github.com/artdag/artdag/claim"
)

// BenchmarkVerbs measures the verbs that are not called for each step. An op is
// one call, or one step where a call takes many.
func BenchmarkVerbs(b *testing.B) {
	for name, prepare := range map[string]func(b *testing.B, f *farm) func(){
		"Begin": func(b *testing.B, f *farm) func() {
			return func() {
				for range b.N {
					_, err := f.Begin(f.ctx(), f.Epoch(), 0, "instance")
					f.ok(err)
				}
			}
		},
		"Enlist":   enlisting,
		"Seal":     func(b *testing.B, f *farm) func() { return f.eachJob(b, f.seal) },
		"Steer":    func(b *testing.B, f *farm) func() { return f.eachJob(b, f.pauseAndResume) },
		"Dismiss":  func(b *testing.B, f *farm) func() { return f.eachJob(b, f.dismissJob) },
		"Resize":   resizing,
		"Forget":   forgetting,
		"Settle":   settling,
		"Adopt":    adopting,
		"Report":   reporting,
		"Reopen":   reopening,
		"Requeue":  requeuing,
		"Overdue":  func(b *testing.B, f *farm) func() { f.ready(b, 200); return f.again(b, f.overdueOnce) },
		"Sweep":    func(b *testing.B, f *farm) func() { f.own(b, f.ready(b, 200)); return f.again(b, f.sweepOnce) },
		"Reopened": func(b *testing.B, f *farm) func() { f.reopenAll(b, 100)(); return f.again(b, f.reopenedOnce) },
	} {
		b.Run(name, func(b *testing.B) {
			f := newFarm(b)
			f.measure(b, prepare(b, f))
		})
	}
}

func (f *farm) again(b *testing.B, call func()) func() {
	return func() {
		for range b.N {
			call()
		}
	}
}

// eachJob enlists jobs and calls something for each.
func (f *farm) eachJob(b *testing.B, call func(job string)) func() {
	enlisting(b, f)()
	return func() {
		for i := range b.N {
			call(fmt.Sprint("j", i))
		}
	}
}

func enlisting(b *testing.B, f *farm) func() {
	return func() {
		for i := range b.N {
			job := fmt.Sprint("j", i)
			f.ok(f.Enlist(f.ctx(), job, runID(job), claim.Default, claim.Active))
		}
	}
}

func (f *farm) seal(job string) {
	_, err := f.Seal(f.ctx(), job)
	f.ok(err)
}

func (f *farm) pauseAndResume(job string) {
	f.ok(f.Steer(f.ctx(), job, claim.Paused, "", classes))
	f.ok(f.Steer(f.ctx(), job, claim.Active, "", classes))
}

func (f *farm) dismissJob(job string) { f.ok(f.Dismiss(f.ctx(), job, classes)) }

func (f *farm) overdueOnce() {
	_, err := f.Overdue(f.ctx(), 0, 200)
	f.ok(err)
}

func (f *farm) sweepOnce() {
	_, err := f.Sweep(f.ctx())
	f.ok(err)
}

func (f *farm) reopenedOnce() {
	_, err := f.Reopened(f.ctx(), 50)
	f.ok(err)
}

func resizing(b *testing.B, f *farm) func() {
	f.submit("j", plan(10)...)
	return f.again(b, func() { f.ok(f.Resize(f.ctx(), "cpu", 20, []string{"j"})) })
}

func forgetting(b *testing.B, f *farm) func() {
	steps := plan(b.N)
	f.submit("j", steps...)
	return func() { f.ok(f.Forget(f.ctx(), "j", idsOf(steps))) }
}

// settling tells those that wait for one step.
func settling(b *testing.B, f *farm) func() {
	steps := []claim.Spec{step("src")}
	for i := range b.N + 200 { // completing tells 200
		steps = append(steps, step(fmt.Sprint("s", i), "src"))
	}
	f.submit("j", steps...)
	f.finish(f.take("src", busy), busy, claim.Hand{})
	return func() {
		for more := true; more; {
			var err error
			more, err = f.Settle(f.ctx())
			f.ok(err)
		}
	}
}

func adopting(b *testing.B, f *farm) func() {
	steps := plan(b.N)
	f.submit("j", steps...)
	running := make([]claim.Progress, len(steps))
	for i, s := range steps {
		running[i] = claim.Progress{ID: s.ID, Token: claim.NewToken()}
	}
	return func() {
		_, err := f.Adopt(f.ctx(), busy, running)
		f.ok(err)
	}
}

func reporting(b *testing.B, f *farm) func() {
	steps := plan(b.N)
	f.submit("j", steps...)
	reports := make([]claim.Report, len(steps))
	for i, s := range steps {
		reports[i] = claim.Report{ID: s.ID, Jobs: []string{"j"}, Result: claim.Result{Resolved: resolved(s.Label), Content: content(s.Label), Executed: true}}
	}
	return func() {
		_, err := f.Report(f.ctx(), busy, reports)
		f.ok(err)
	}
}

func reopening(b *testing.B, f *farm) func() { return f.reopenAll(b, b.N) }

// reopenAll has n steps miss an input.
func (f *farm) reopenAll(b *testing.B, n int) func() {
	owned := f.own(b, f.ready(b, n))
	return func() {
		for i, o := range owned {
			gone := fmt.Sprint("gone", i)
			f.ok(f.Reopen(f.ctx(), o, busy, []claim.Missing{{Producer: stepID(gone), Content: content(gone)}}))
		}
	}
}

func requeuing(b *testing.B, f *farm) func() {
	list := f.ready(b, b.N)
	return func() {
		for _, r := range list {
			_, err := f.Requeue(f.ctx(), r, false)
			f.ok(err)
		}
	}
}
