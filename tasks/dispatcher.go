package tasks

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/artdag/artdag/claim"
)

// Dispatcher is the scheduler's side of the queue: when the bell rings it
// releases ready steps, settles what was left over, and tells the others what
// is theirs. Several on one Redis are safe.
type Dispatcher struct {
	Queue   *Queue
	Classes []string
	Log     *slog.Logger
	// Finished is called when some job has no open step, Reopened when a
	// result is to be made again, Epoch when Redis forgot. None may block long.
	Finished, Reopened, Epoch func()

	cancel context.CancelFunc
	done   sync.WaitGroup
}

// Start begins; it returns when the bell is heard.
func (d *Dispatcher) Start(ctx context.Context) error {
	ctx, d.cancel = context.WithCancel(ctx)
	claims := d.Queue.Claims
	sub := claims.Redis.Subscribe(ctx, claims.Bell())
	if _, err := sub.Receive(ctx); err != nil {
		d.cancel()
		return errors.Join(err, sub.Close())
	}
	ready, settle := make(chan struct{}, 1), make(chan struct{}, 1)
	d.done.Go(func() { d.loop(ctx, ready, d.release) })
	d.done.Go(func() { d.loop(ctx, settle, d.settle) })
	d.done.Go(func() {
		defer sub.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case m := <-sub.Channel():
				if m == nil {
					return
				}
				d.heard(m.Payload, ready, settle)
			}
		}
	})
	return nil
}

// Stop ends it and waits. It may be called twice.
func (d *Dispatcher) Stop() {
	if d.cancel != nil {
		d.cancel()
	}
	d.done.Wait()
}

func (d *Dispatcher) heard(what string, ready, settle chan struct{}) {
	switch what {
	case "ready":
		wake(ready)
	case "settle":
		wake(settle)
	case "finished":
		d.Finished()
	case "reopened":
		d.Reopened()
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // awake already
	}
}

// loop does work whenever it is woken, and every two seconds, since a bell may
// be missed.
func (d *Dispatcher) loop(ctx context.Context, woken <-chan struct{}, work func(context.Context) error) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			if errors.Is(err, claim.ErrEpoch) {
				d.Epoch()
			} else {
				d.Log.Warn("dispatcher", "error", err)
			}
			select { // the tick paces the complaints as well
			case <-ctx.Done():
				return
			case <-tick.C:
				continue
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-tick.C:
		}
	}
}

// release moves ready steps into the queue until none may go.
func (d *Dispatcher) release(ctx context.Context) error {
	if d.Queue.Claims.Epoch() == "" {
		return nil
	}
	const most = 64 // of each priority a call
	for _, class := range d.Classes {
		for {
			steps, err := d.Queue.Claims.Dispatch(ctx, class, most)
			if err != nil {
				return err
			}
			if err := d.Queue.Put(ctx, steps, 0); err != nil {
				return err
			}
			if len(steps) == 0 {
				break
			}
		}
	}
	return nil
}

func (d *Dispatcher) settle(ctx context.Context) error {
	if d.Queue.Claims.Epoch() == "" {
		return nil
	}
	for {
		more, err := d.Queue.Claims.Settle(ctx)
		if err != nil || !more {
			return err
		}
	}
}
