package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/artdag/artdag/claim"
)

// While a worker is killed its step goes on for so long, so that it is killed in
// the middle; the second try takes as long.
const killedStep = 3 * time.Second

// measureRecovery kills one of two workers in the middle of a step, again and
// again, and looks when the step begins on the other. The other side is a task of
// asynq, which its own recoverer finds. Both wait at the same time: they do
// hardly anything meanwhile.
func measureRecovery(b *bench) (rows []result, err error) {
	m := crewMember{Slots: 1, Sleep: killedStep}
	w, err := b.newWhole(2, m)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	m.Poll = 20 * time.Millisecond
	theirs, err := b.hire(theirsArgument, 2, m)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, theirs.dismiss()) }()
	asked := make(chan timings, 1)
	go func() {
		client := asynq.NewClientFromRedisClient(w.client)
		asked <- b.killings(b.n(5, 1), &theirs, theirsArgument, m, func() error {
			_, err := client.Enqueue(asynq.NewTask("noop", []byte("0")))
			return err
		})
	}()
	ours := b.killings(b.n(20, 2), &w.crew, oursArgument, m, func() error {
		_, err := w.submit(b.recipe(1), claim.Default)
		return err
	})
	other := <-asked
	p95, their := percentile(ours.took, 95), percentile(other.took, 95)
	row := result{
		Name: "recovery p95", Unit: "s", Ours: p95, Theirs: their, Ratio: p95 / their, Goal: atMost("ours", 20), Pairs: len(ours.took),
		Beside: fmt.Sprintf("asynq, killed %d times", len(other.took)),
	}
	return []result{row.judged()}, errors.Join(ours.err, other.err)
}

type timings struct {
	took []float64
	err  error
}

// killings submits a step, kills whoever begins it, and waits until the other
// begins it; then somebody is hired in the place of the killed. It changes the
// crew.
func (b *bench) killings(n int, c *crew, kind string, m crewMember, submit func() error) (t timings) {
	for range n {
		took, err := b.killing(c, submit)
		if err != nil {
			return timings{t.took, err}
		}
		b.say("%s: its step began again after %.1f s", kind, took)
		t.took = append(t.took, took)
		time.Sleep(killedStep)
		m.First = len(t.took) + 1
		more, err := b.hire(kind, 1, m)
		if err != nil {
			return timings{t.took, err}
		}
		*c = append(*c, more...)
	}
	return t
}

func (b *bench) killing(c *crew, submit func() error) (took float64, err error) {
	before, err := c.begun()
	if err != nil {
		return 0, err
	}
	if err := submit(); err != nil {
		return 0, err
	}
	victim, err := b.newlyBegun(*c, before)
	if err != nil {
		return 0, err
	}
	time.Sleep(killedStep / 3)
	at := time.Now()
	if *c, err = c.kill(victim); err != nil {
		return 0, err
	}
	_, err = b.newlyBegun(*c, slices.Delete(before, victim, victim+1))
	return time.Since(at).Seconds(), err
}

// newlyBegun blocks until a worker has begun a step that it had not before, and
// returns which.
func (b *bench) newlyBegun(c crew, before [][]time.Time) (who int, err error) {
	var failed error
	err = b.await("a step begins", func() bool {
		var begun [][]time.Time
		if begun, failed = c.begun(); failed != nil {
			return true
		}
		for who = range begun {
			if len(begun[who]) > len(before[who]) {
				return true
			}
		}
		return false
	})
	return who, errors.Join(err, failed)
}
