package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/artdag/artdag/claim"
)

// measureChain runs steps of which each reads the one before. A hop is the time
// from the beginning of a step to that of the next. The other side are handlers
// of asynq that enqueue the next task, with asynq's own polling and with quick
// polling.
func measureChain(b *bench) ([]result, error) {
	n := b.n(200, 100)
	row, tails, err := b.hopRow("asynq, polling every 20 ms", n, n, 20*time.Millisecond)
	if err != nil {
		return nil, err
	}
	row.Name, row.Goal = "chain hop", atMost("ours", 0.001)
	tails.Name, tails.Goal = "chain hop p95", atMost("ours", 0.003)
	slow, _, err := b.hopRow("asynq, its default polling", n, 5, 0)
	slow.Name = "chain hop"
	return []result{row.judged(), tails.judged(), slow}, err
}

// hopRow compares the mean and the 95th percentile of hops.
func (b *bench) hopRow(beside string, ours, theirs int, poll time.Duration) (mean, tails result, err error) {
	var p95s, theirP95s []float64
	mean, err = alternate(b.n(5, 2),
		func() (float64, error) {
			hops, err := b.oursHops(ours)
			p95s = append(p95s, percentile(hops, 95))
			return average(hops), err
		},
		func() (float64, error) {
			hops, err := b.theirsHops(theirs, poll)
			theirP95s = append(theirP95s, percentile(hops, 95))
			return average(hops), err
		})
	mean.Beside = beside
	tails = result{Unit: "s", Ours: median(p95s), Theirs: median(theirP95s), Ratio: median(p95s) / median(theirP95s), Beside: beside, Pairs: mean.Pairs}
	return mean, tails, err
}

func (b *bench) oursHops(n int) (hops []float64, err error) {
	s, err := b.newSite(1, crewMember{Slots: slotsOfWorker})
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := s.close(); err == nil {
			err = closing
		}
	}()
	steps := b.chain(n)
	job, err := s.newJob(steps)
	if err != nil {
		return nil, err
	}
	if err := s.submit(job, claim.Default, steps); err != nil {
		return nil, err
	}
	if err := b.await("the chain is recorded", func() bool { return s.recorded() == n }); err != nil {
		return nil, err
	}
	return s.crew.hops()
}

func (b *bench) theirsHops(n int, poll time.Duration) (hops []float64, err error) {
	g, err := b.grounds()
	if err != nil {
		return nil, err
	}
	if err := g.client.FlushAll(b.ctx).Err(); err != nil {
		return nil, err
	}
	c, err := b.hire(theirsArgument, 1, crewMember{Slots: slotsOfWorker, Poll: poll})
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := c.dismiss(); err == nil {
			err = closing
		}
	}()
	if _, err := asynq.NewClientFromRedisClient(g.client).Enqueue(asynq.NewTask("noop", fmt.Append(nil, n-1))); err != nil {
		return nil, err
	}
	if err := b.await("asynq's chain has ended", func() bool { return b.processed() == n }); err != nil {
		return nil, err
	}
	return c.hops()
}

// processed is how many tasks asynq has done.
func (b *bench) processed() int {
	done, _ := b.ground.client.Get(b.ctx, "asynq:{default}:processed").Int() // absent before the first
	return done
}

// hops returns the times between beginnings, in seconds, whoever began.
func (c crew) hops() ([]float64, error) {
	begun, err := c.begun()
	if err != nil {
		return nil, err
	}
	all := slices.Concat(begun...)
	slices.SortFunc(all, time.Time.Compare)
	out := make([]float64, 0, len(all))
	for i := 1; i < len(all); i++ {
		out = append(out, all[i].Sub(all[i-1]).Seconds())
	}
	return out, nil
}

// percentile returns the value that p of a hundred do not exceed.
func percentile(values []float64, p int) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*p+99)/100-1]
}

func average(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}
