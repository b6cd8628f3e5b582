package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/artdag/artdag/claim"
)

// measurePickup submits a step now and then to a farm that has nothing to do:
// from before its submission until it begins. The other side is a task of
// asynq, from before it is enqueued. It also counts what an idle farm asks of
// Redis.
func measurePickup(b *bench) ([]result, error) {
	quick, err := b.pickupRow("asynq, polling every 20 ms", 20*time.Millisecond, b.n(40, 20))
	if err != nil {
		return nil, err
	}
	quick.Name, quick.Goal = "pickup p95", atMost("ours", 0.005)
	slow, err := b.pickupRow("asynq, its default polling", 0, 5)
	if err != nil {
		return nil, err
	}
	slow.Name = "pickup p95"
	idle, err := b.idleRow()
	return []result{quick.judged(), slow, idle.judged()}, err
}

func (b *bench) pickupRow(beside string, poll time.Duration, each int) (result, error) {
	row, err := alternate(b.n(5, 2),
		func() (float64, error) { return b.oursPickup(each) },
		func() (float64, error) { return b.theirsPickup(each, poll) })
	row.Beside = beside
	return row, err
}

// pause lets an idle farm be idle, for a time that no tick has.
func pause() { time.Sleep(100*time.Millisecond + rand.N(100*time.Millisecond)) }

func (b *bench) oursPickup(n int) (p95 float64, err error) {
	s, err := b.newSite(1, crewMember{Slots: slotsOfWorker})
	if err != nil {
		return 0, err
	}
	defer func() {
		if closing := s.close(); err == nil {
			err = closing
		}
	}()
	var asked []time.Time
	for i := range n {
		pause()
		steps := b.noops(1)
		job, err := s.newJob(steps)
		if err != nil {
			return 0, err
		}
		asked = append(asked, time.Now())
		if err := s.submit(job, claim.Default, steps); err != nil {
			return 0, err
		}
		if err := b.await("the step is recorded", func() bool { return s.recorded() == i+1 }); err != nil {
			return 0, err
		}
	}
	return s.crew.waited(asked)
}

func (b *bench) theirsPickup(n int, poll time.Duration) (p95 float64, err error) {
	g, err := b.grounds()
	if err != nil {
		return 0, err
	}
	if err := g.client.FlushAll(b.ctx).Err(); err != nil {
		return 0, err
	}
	c, err := b.hire(theirsArgument, 1, crewMember{Slots: slotsOfWorker, Poll: poll})
	if err != nil {
		return 0, err
	}
	defer func() {
		if closing := c.dismiss(); err == nil {
			err = closing
		}
	}()
	client := asynq.NewClientFromRedisClient(g.client)
	var asked []time.Time
	for i := range n {
		pause()
		asked = append(asked, time.Now())
		if _, err := client.Enqueue(asynq.NewTask("noop", []byte("0"))); err != nil {
			return 0, err
		}
		if err := b.await("the task is done", func() bool { return b.processed() == i+1 }); err != nil {
			return 0, err
		}
	}
	return c.waited(asked)
}

// waited returns the 95th percentile of the times until what was asked for, one
// after the other, began, in seconds.
func (c crew) waited(asked []time.Time) (float64, error) {
	begun, err := c.begun()
	if err != nil {
		return 0, err
	}
	if len(begun[0]) != len(asked) {
		return 0, fmt.Errorf("%d steps began, %d were submitted", len(begun[0]), len(asked))
	}
	var out []float64
	for i, at := range begun[0] {
		out = append(out, at.Sub(asked[i]).Seconds())
	}
	return percentile(out, 95), nil
}

// idleRow counts the calls of a worker and of the queue that have nothing to do,
// without what scripts call within. What the scheduler asks for its own is said
// and not counted.
func (b *bench) idleRow() (row result, err error) {
	s, err := b.newSite(1, crewMember{Slots: slotsOfWorker})
	if err != nil {
		return row, err
	}
	defer func() {
		if closing := s.close(); err == nil {
			err = closing
		}
	}()
	const while = 10 * time.Second
	time.Sleep(2 * time.Second) // until what follows a start is over
	asked, err := b.monitored(while)
	if err != nil {
		return row, err
	}
	sum := 0
	for name, n := range asked {
		b.say("idle: %s %.1f/s", name, float64(n)/while.Seconds())
		if name != "xread" && name != "xrange" && name != "get" { // the scheduler's own, of the stream of completions
			sum += n
		}
	}
	return result{Name: "idle", Unit: "calls/s", Ours: float64(sum) / while.Seconds(), Goal: atMost("ours", 5)}, nil
}

// monitored counts what clients ask of Redis for a while, without what scripts
// call.
func (b *bench) monitored(while time.Duration) (map[string]int, error) {
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(b.redisURL, "redis://"), "/0"))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(while)); err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		return nil, err
	}
	asked := make(map[string]int)
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		// +1700000000.123456 [0 127.0.0.1:1234] "get" "key"; of scripts [0 lua]
		fields := strings.Fields(lines.Text())
		if len(fields) > 3 && fields[2] != "lua]" {
			asked[strings.Trim(fields[3], `"`)]++
		}
	}
	if err := lines.Err(); !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("watch Redis: %w", err)
	}
	return asked, nil
}

// spent returns how many scripts Redis has run, and its time in them.
func (g *grounds) spent(ctx context.Context) (scripts int, took time.Duration, err error) {
	text, err := g.client.Info(ctx, "commandstats").Result()
	if err != nil {
		return 0, 0, err
	}
	for _, found := range scriptStat.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(found[1]) // the pattern is one of digits
		us, _ := strconv.Atoi(found[2])
		scripts, took = scripts+n, took+time.Duration(us)*time.Microsecond
	}
	return scripts, took, nil
}

var scriptStat = regexp.MustCompile(`(?m)^cmdstat_eval(?:sha)?:calls=(\d+),usec=(\d+),`)
