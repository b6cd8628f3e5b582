package main

import (
	"fmt"
	"slices"
	"time"
)

// measureSpread runs steps that sleep on many workers of few slots, from the
// submission until the last is over. The ideal keeps every slot busy.
func measureSpread(b *bench) ([]result, error) {
	n, workers, m := b.n(1000, 200), b.n(16, 4), crewMember{Slots: 4, Sleep: 100 * time.Millisecond}
	ideal := float64(n) * m.Sleep.Seconds() / float64(workers*m.Slots)
	row, err := alternate(b.n(5, 1),
		func() (float64, error) { return b.spread(n, workers, m) },
		func() (float64, error) { return ideal, nil })
	if err != nil {
		return nil, err
	}
	row.Ratio = 1 / row.Ratio // as speed, like the goal
	row.Name, row.Goal = fmt.Sprintf("spread %d on %d x %d", n, workers, m.Slots), atLeast("ratio", 0.93)
	row.Beside = "every slot always busy; ratio of the speeds"
	return []result{row.judged()}, nil
}

func (b *bench) spread(n, workers int, m crewMember) (float64, error) {
	s, err := b.newSite(workers, m)
	if err != nil {
		return 0, err
	}
	used := cpuNow()
	took, err := b.worked(s, b.noops(n))
	if err == nil {
		err = b.sayIdle(s.crew, m, time.Now(), took, cpuNow().since(used, n))
	}
	if closing := s.close(); err == nil {
		err = closing
	}
	return took, err
}

// sayIdle says how long slots did nothing: before the first of their steps,
// between two of them, and after the last. All were over at end, after so many
// seconds.
func (b *bench) sayIdle(c crew, m crewMember, end time.Time, took float64, used string) error {
	begun, err := c.begun()
	if err != nil {
		return err
	}
	var before, between, after time.Duration
	gaps, began := 0, end.Add(-time.Duration(took*float64(time.Second)))
	for _, times := range begun {
		slices.SortFunc(times, time.Time.Compare)
		for i, at := range times {
			if i < m.Slots {
				before += at.Sub(began)
			} else {
				between += at.Sub(times[i-m.Slots]) - m.Sleep
				gaps++
			}
		}
		for _, at := range times[max(len(times)-m.Slots, 0):] {
			after += end.Sub(at) - m.Sleep
		}
	}
	slots := time.Duration(len(c) * m.Slots)
	b.say("spread: %.2f s; a slot was idle %v before its first step, %v between two, %v after its last; %s", took,
		(before / slots).Round(time.Millisecond), (between / time.Duration(max(gaps, 1))).Round(100*time.Microsecond), (after / slots).Round(time.Millisecond), used)
	return nil
}
