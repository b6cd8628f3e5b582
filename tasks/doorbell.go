package tasks

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Doorbell holds back asynq's polling: once a look into every queue found
// nothing, the next look waits until the bell rings or a few seconds have passed.
// It is a hook of the client that asynq's server uses, and of no other.
//
// asynq polls; at 1 ms it would pick a task up at once, and ask Redis a
// thousand times a second. So it polls at 1 ms, and mostly waits here. It asks
// one queue after the other, in any order, up to the first that has a task, and
// sleeps when none had: so it waits where it asks the first of a round, and sees
// them all when the bell rings, without a sleep before the right one. What it
// asks twice a second of each queue, whether a delayed task is due, is asked
// only while some are known to be, and seldom otherwise.
type Doorbell struct {
	queues int // that the server asks
	most   time.Duration

	mu     sync.Mutex
	rings  uint64
	rung   chan struct{}     // closed by the next ring
	empty  map[string]uint64 // queue -> rings when it was found empty
	asked  int               // queues of this round that had nothing
	closed bool
	delays time.Time            // until when delayed tasks fall due, as far as was heard
	looked map[string]time.Time // set of delayed tasks -> when it was looked into
}

// lookForDelayed is how often to look for delayed tasks of which nothing was
// heard: those of before this worker's time.
const lookForDelayed = 10 * time.Second

var _ redis.Hook = (*Doorbell)(nil)

// NewDoorbell returns a doorbell for a server of that many queues, which looks
// at least every most.
func NewDoorbell(queues int, most time.Duration) *Doorbell {
	return &Doorbell{queues: queues, most: most, rung: make(chan struct{}), empty: make(map[string]uint64), looked: make(map[string]time.Time)}
}

// Ring lets every queue be looked into again.
func (d *Doorbell) Ring() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.rings++
	close(d.rung)
	d.rung = make(chan struct{})
}

// Close lets everything pass from now on.
func (d *Doorbell) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.closed = true
		close(d.rung)
	}
}

// Delayed says that a task falls due after that time.
func (d *Doorbell) Delayed(after time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	// asynq counts in seconds, and the clocks of two machines differ.
	if until := time.Now().Add(after + 3*time.Second); until.After(d.delays) {
		d.delays = until
	}
}

// looks reports whether to look into a set of delayed tasks now.
func (d *Doorbell) looks(set string) bool {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.After(d.delays) && now.Sub(d.looked[set]) < lookForDelayed {
		return false
	}
	d.looked[set] = now
	return true
}

// Listen rings when the channel says so, until ctx ends. It rings too whenever
// the subscription was made anew: something may have been missed.
func (d *Doorbell) Listen(ctx context.Context, client redis.UniversalClient, channel string) {
	sub := client.Subscribe(ctx, channel)
	defer sub.Close()
	messages := sub.ChannelWithSubscriptions()
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-messages:
			if !open {
				return
			}
			d.hear(m)
		}
	}
}

// hear rings, or notes a delayed task: its message is the delay in ms.
func (d *Doorbell) hear(message any) {
	if m, ok := message.(*redis.Message); ok && m.Payload != "" {
		ms, err := strconv.Atoi(m.Payload)
		if err == nil {
			d.Delayed(time.Duration(ms) * time.Millisecond)
		}
		return
	}
	d.Ring()
}

// wait blocks at the beginning of a round while all queues are known to be empty;
// in the middle of one there is no need to look. It returns the number of rings
// that the look which follows has seen.
func (d *Doorbell) wait() (at uint64, empty bool) {
	d.mu.Lock()
	if d.closed || !d.allEmpty() || d.asked > 0 {
		defer d.mu.Unlock()
		return d.rings, !d.closed && d.allEmpty()
	}
	rung := d.rung
	d.mu.Unlock()
	timer := time.NewTimer(d.most)
	defer timer.Stop()
	select {
	case <-rung:
	case <-timer.C:
		d.Ring()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rings, false
}

func (d *Doorbell) allEmpty() bool {
	if len(d.empty) < d.queues {
		return false
	}
	for _, at := range d.empty {
		if at != d.rings {
			return false
		}
	}
	return true
}

// found notes what a look came to. A round ends with a task, with an error, and
// when it was at every queue.
func (d *Doorbell) found(queue string, at uint64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != redis.Nil {
		d.asked = 0
		return
	}
	d.empty[queue] = at
	d.asked = (d.asked + 1) % d.queues
}

// asks returns the queue that a command looks into, if it is asynq's dequeue
// script: its keys are pending, paused, active, lease.
func asks(cmd redis.Cmder) (queue string, ok bool) {
	args := cmd.Args()
	if len(args) < 7 || (cmd.Name() != "evalsha" && cmd.Name() != "eval") {
		return "", false
	}
	pending, _ := args[3].(string)
	paused, _ := args[4].(string)
	queue, ok = strings.CutSuffix(pending, ":pending")
	return queue, ok && paused == queue+":paused"
}

// forwards returns the set of delayed tasks that a command moves what is due
// out of, if it is asynq's forward script: its keys are that set, pending.
func forwards(cmd redis.Cmder) (set string, ok bool) {
	args := cmd.Args()
	if len(args) < 5 || (cmd.Name() != "evalsha" && cmd.Name() != "eval") {
		return "", false
	}
	set, _ = args[3].(string)
	pending, _ := args[4].(string)
	queue, ok := strings.CutSuffix(pending, ":pending")
	return set, ok && (set == queue+":scheduled" || set == queue+":retry")
}

// ProcessHook makes the dequeue script wait, and answers for the forward script
// when nothing can be due.
func (d *Doorbell) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if set, ok := forwards(cmd); ok {
			return d.forward(ctx, cmd, next, set)
		}
		queue, ok := asks(cmd)
		if !ok {
			return next(ctx, cmd)
		}
		at, empty := d.wait()
		var err error = redis.Nil
		if empty {
			cmd.SetErr(err)
		} else {
			err = next(ctx, cmd)
		}
		d.found(queue, at, err)
		return err
	}
}

// forward moves what is due, if anything can be, and rings for it.
func (d *Doorbell) forward(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook, set string) error {
	script, ok := cmd.(*redis.Cmd)
	if !ok {
		return next(ctx, cmd)
	}
	if !d.looks(set) {
		script.SetVal(int64(0))
		return nil
	}
	err := next(ctx, cmd)
	if moved, _ := script.Int(); err == nil && moved > 0 {
		d.Ring()
	}
	return err
}

// DialHook changes nothing.
func (d *Doorbell) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessPipelineHook changes nothing.
func (d *Doorbell) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return next(ctx, cmds) }
}
