package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/artdag/artdag/claim"
)

// measureFairness times a small job behind a very large one of the same priority,
// beside the same job while the large one is paused. The steps sleep, so that it
// is the turns that are measured and not the machine.
func measureFairness(b *bench) (rows []result, err error) {
	const sleep = 50 * time.Millisecond
	w, err := b.newWhole(2, crewMember{Slots: slotsOfWorker, Sleep: sleep})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	n := b.n(100_000, 5_000)
	large, err := w.submit(b.recipe(n), claim.Default)
	if err != nil {
		return nil, err
	}
	if err := w.begin(); err != nil {
		return nil, err
	}
	if _, err := w.ask.Pause(b.ctx, large); err != nil {
		return nil, err
	}
	row, err := alternate(b.n(9, 2),
		func() (float64, error) { return w.behind(large) },
		func() (float64, error) { return w.timed(b.recipe(10)) })
	if err != nil {
		return nil, err
	}
	row.Name, row.Goal = fmt.Sprintf("fairness 10 behind %dk", n/1000), atMost("ratio", 2)
	row.Beside = "the same job alone; each step sleeps " + sleep.String()
	return []result{row.judged()}, nil
}

// begin blocks until the workers have begun steps.
func (w *whole) begin() error {
	var failed error
	err := w.bench.await("steps begin", func() bool {
		var n int
		n, failed = w.crew.executions()
		return failed != nil || n > 0
	})
	return errors.Join(err, failed)
}

// behind times a job of ten steps while the large one goes on, and lets the farm
// come to rest again.
func (w *whole) behind(large string) (float64, error) {
	if _, err := w.ask.Resume(w.bench.ctx, large); err != nil {
		return 0, err
	}
	time.Sleep(time.Second)
	took, err := w.timed(w.bench.recipe(10))
	if err != nil {
		return 0, err
	}
	_, err = w.ask.Pause(w.bench.ctx, large)
	time.Sleep(time.Second)
	return took, err
}
