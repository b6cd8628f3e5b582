package tasks

import (
	"errors"
	"testing"
	"time"
)

// A worker looks now and then how far recording is behind, and naps after each call
// while it is far behind, and only then.
func TestPace(t *testing.T) {
	t.Parallel()
	var behind int64
	var down error
	looks, naps, now := 0, 0, time.Now()
	p := pace{
		behind: func() (int64, error) { looks++; return behind, down },
		sleep:  func(time.Duration) { naps++ },
		now:    func() time.Time { return now },
	}
	calls := func(n int) {
		for range n {
			p.after(8)
		}
	}
	for _, step := range []struct {
		name        string
		change      func()
		calls       int
		looks, naps int
	}{
		{"too few to look", func() { behind = 1_000_000 }, paceLooks/8 - 1, 0, 0},
		{"far behind", func() {}, 1, 1, 1},
		{"still far behind", func() {}, 3, 1, 4},
		{"nothing was done for a while", func() { now = now.Add(time.Minute) }, 1, 1, 4},
		{"the bound itself", func() { behind = paceBehind }, paceLooks / 8, 2, 4},
		// Four calls went before: it looks with the 28th of these, which naps with those after it.
		{"one more", func() { behind = paceBehind + 1 }, paceLooks / 8, 3, 4 + 5},
		{"Redis does not say", func() { down = errors.New("away") }, paceLooks / 8, 4, 4 + 5 + 27},
	} {
		step.change()
		if calls(step.calls); looks != step.looks || naps != step.naps {
			t.Fatalf("%s: looked %d times and napped %d times by now, want %d and %d", step.name, looks, naps, step.looks, step.naps)
		}
	}
}
