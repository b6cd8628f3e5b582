package main

import (
	"fmt"
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
	took, err := b.worked(s, b.noops(n))
	if closing := s.close(); err == nil {
		err = closing
	}
	return took, err
}
