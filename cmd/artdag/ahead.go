package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/artdag/artdag/dag"
)

// ahead is how much work lies ahead of a run, for the time that is left. Work
// is estimated seconds: a step's cost, times what that turned out to be worth
// in earlier runs. It is safe for concurrent use.
type ahead struct {
	mu      sync.Mutex
	factors map[string]float64
	began   time.Time
	all     float64 // work of all steps that must run
	done    float64 // of it, in steps and parts of steps that are done
	parts   map[dag.CacheID]float64
	steps   int
	ended   int
}

func newAhead(steps []*dag.Step, factors map[string]float64, began time.Time) *ahead {
	a := &ahead{factors: factors, began: began, parts: make(map[dag.CacheID]float64), steps: len(steps)}
	for _, s := range steps {
		a.all += a.work(s)
	}
	return a
}

// work is never nothing: a step that was estimated to take no time takes some.
func (a *ahead) work(s *dag.Step) float64 { return max(s.Cost*factor(a.factors, s.Type), 0.01) }

// move says that a part of a step, 0 to 1, is done.
func (a *ahead) move(s *dag.Step, done float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done += (done - a.parts[s.ID]) * a.work(s)
	a.parts[s.ID] = done
}

func (a *ahead) finish(s *dag.Step) {
	a.move(s, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended++
}

// part is how much of all work is done, 0 to 1.
func (a *ahead) part() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == 0 {
		return 0
	}
	return min(max(a.done/a.all, 0), 1)
}

// counts says "3 of 7 steps".
func (a *ahead) counts() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprintf("%-31s ", fmt.Sprintf("%d of %s", a.ended, countOf(a.steps, "step")))
}

// left says how long the rest takes if it goes on as it went so far. Before
// anything can be said it says nothing.
func (a *ahead) left(now time.Time) string {
	const least = 0.02
	part, took := a.part(), now.Sub(a.began)
	if part < least || took < time.Second {
		return fmt.Sprintf("%4.0f %%", part*100)
	}
	rest := time.Duration(float64(took) * (1 - part) / part)
	return fmt.Sprintf("%4.0f %%  %s left", part*100, rest.Round(time.Second))
}
