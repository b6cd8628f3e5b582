package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/claim"
)

// slotsOfWorker is what each worker process of both sides does at a time.
const slotsOfWorker = 8

// measureDispatch runs steps that do nothing, from the first submission until
// the last result is in PostgreSQL, beside as many tasks of plain asynq, from
// the first enqueue until the last is processed. Both sides have as many worker
// processes with as many slots, on the same Redis; asynq's poll every 20 ms, since
// with its default a small number would wait for the first look.
func measureDispatch(b *bench) ([]result, error) {
	var rows []result
	few, many := b.n(10_000, 5_000), b.n(100_000, 20_000)
	rates := make(map[int]float64)
	for _, n := range []int{1_000, few, b.n(20_000, 0), many} {
		for _, workers := range []int{1, 2, 4} {
			if n == 0 || n == 20_000 && workers != 2 || b.quick && workers == 4 {
				continue
			}
			pairs := 5
			if n == many {
				pairs = 3
			}
			row, err := b.dispatchRow(n, workers, b.n(pairs, 1))
			if err != nil {
				return rows, err
			}
			rows = append(rows, row)
			if workers == 2 {
				rates[n] = row.Ours
			}
		}
	}
	level := result{
		Name: fmt.Sprintf("dispatch %dk beside %dk", many/1000, few/1000), Unit: "steps/s", Ours: rates[many], Theirs: rates[few], Ratio: rates[many] / rates[few],
		Beside: "ours on 2 workers at both sizes", Goal: atLeast("ratio", 0.9),
	}
	return append(rows, level.judged()), nil
}

func (b *bench) dispatchRow(n, workers, pairs int) (result, error) {
	b.say("dispatch of %d on %d workers", n, workers)
	row, err := alternate(pairs,
		func() (float64, error) { return b.oursDispatched(n, workers) },
		func() (float64, error) { return b.theirsDispatched(n, workers) })
	row.Name, row.Unit, row.Beside = fmt.Sprintf("dispatch %dk on %d", n/1000, workers), "steps/s", "asynq"
	row.Goal = atLeast("ratio", 0.8)
	return row.judged(), err
}

// oursDispatched returns steps a second.
func (b *bench) oursDispatched(n, workers int) (float64, error) {
	s, err := b.newSite(workers, crewMember{Slots: slotsOfWorker})
	if err != nil {
		return 0, err
	}
	rate, err := b.dispatchOn(s, n)
	if closing := s.close(); err == nil {
		err = closing
	}
	return rate, err
}

func (b *bench) dispatchOn(s *site, n int) (float64, error) {
	steps := b.noops(n)
	job, err := s.newJob(steps)
	if err != nil {
		return 0, err
	}
	scripts, busy, err := s.spent(b.ctx)
	if err != nil {
		return 0, err
	}
	before, used := s.recorded(), cpuNow()
	var submitted, executed time.Duration
	began := time.Now()
	took, err := seconds(func() error {
		if err := s.submit(job, claim.Default, steps); err != nil {
			return err
		}
		submitted = time.Since(began)
		err := b.await("all steps are done", func() bool { return s.open(job) == 0 })
		executed = time.Since(began)
		if err != nil {
			return err
		}
		return b.await("all results are recorded", func() bool { return s.recorded() == before+n })
	})
	if err != nil {
		return 0, err
	}
	scripts2, busy2, err := s.spent(b.ctx)
	b.say("%.0f steps/s: submitted after %v, executed after %v; Redis ran %.2f scripts a step and was %.0f us a step in them; %s", float64(n)/took,
		submitted.Round(time.Millisecond), executed.Round(time.Millisecond), float64(scripts2-scripts)/float64(n), float64((busy2-busy).Microseconds())/float64(n),
		cpuNow().since(used, n))
	return float64(n) / took, err
}

func (b *bench) theirsDispatched(n, workers int) (rate float64, err error) {
	g, err := b.grounds()
	if err != nil {
		return 0, err
	}
	if err := g.client.FlushAll(b.ctx).Err(); err != nil {
		return 0, err
	}
	c, err := b.hire(theirsArgument, workers, crewMember{Slots: slotsOfWorker, Poll: 20 * time.Millisecond})
	if err != nil {
		return 0, err
	}
	scripts, busy, err := g.spent(b.ctx)
	if err != nil {
		return 0, errors.Join(err, c.dismiss())
	}
	used := cpuNow()
	took, err := seconds(func() error {
		if err := enqueue(asynq.NewClientFromRedisClient(g.client), n); err != nil {
			return err
		}
		return b.await("asynq has processed all", func() bool { return b.processed() == n })
	})
	scripts2, busy2, _ := g.spent(b.ctx)
	b.say("%.0f tasks/s of asynq: Redis ran %.2f scripts a task and was %.0f us a task in them; %s", float64(n)/took,
		float64(scripts2-scripts)/float64(n), float64((busy2-busy).Microseconds())/float64(n), cpuNow().since(used, n))
	if closing := c.dismiss(); err == nil {
		err = closing
	}
	return float64(n) / took, err
}

// enqueue puts n tasks into asynq by 8 goroutines.
func enqueue(client *asynq.Client, n int) error {
	var group errgroup.Group
	const goroutines = 8
	for i := range goroutines {
		group.Go(func() error {
			for k := i; k < n; k += goroutines {
				if _, err := client.Enqueue(asynq.NewTask("noop", []byte("0"))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
