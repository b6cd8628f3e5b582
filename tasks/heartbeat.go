package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/artdag/artdag/claim"
)

// beatEvery is a third of the lease: two beats may be lost.
const beatEvery = claim.Lease / 3

// heartbeat renews until ctx ends.
func (w *Worker) heartbeat(ctx context.Context) {
	for pause := beatEvery; sleep(ctx, pause); {
		pause = beatEvery
		if err := w.beat(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("heartbeat", "error", err)
			w.stopLapsed()
			pause = time.Second // leases are short, and so is the time for adoption
		}
	}
}

// beat is one heartbeat: it renews every claim and hears what became of them.
func (w *Worker) beat(ctx context.Context) error {
	w.beating.Lock()
	defer w.beating.Unlock()
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	steps := w.table.all()
	at := time.Now()
	renewal, err := w.Claims.Renew(ctx, w.Identity, w.describe(), w.Classes, progressOf(steps))
	if errors.Is(err, claim.ErrEpoch) {
		return w.newEpoch(ctx)
	}
	if err != nil {
		return err
	}
	w.apply(steps, renewal.Fates, at)
	if renewal.Drain && w.Drained != nil {
		w.Drained()
	}
	if renewal.Recorded == "" {
		return nil
	}
	return w.Journal.Recorded(renewal.Recorded)
}

func (w *Worker) apply(steps []*running, fates []claim.Fate, at time.Time) {
	for i, fate := range fates {
		switch fate {
		case claim.Kept:
			steps[i].until.Store(at.Add(claim.Lease).UnixMilli())
		case claim.LostClaim:
			w.lost(steps[i])
		case claim.NotWanted:
			steps[i].cancel(claim.ErrCancelled)
		}
	}
}

// lost stops a step, unless it has ended since the renewal was asked for.
func (w *Worker) lost(r *running) {
	for _, still := range w.table.all() {
		if still == r {
			r.cancel(claim.ErrLost)
		}
	}
}

// newEpoch tells Redis, which forgot, what this worker runs and what it
// completed lately. Until all of that is told the worker stays in the old epoch,
// where every call is refused and repeated: in the new one, a step that is not
// adopted yet would be taken for lost.
func (w *Worker) newEpoch(ctx context.Context) error {
	next, err := claim.New(w.Claims.Redis, w.Claims.Prefix)
	if err != nil {
		return err
	}
	epoch, err := next.Refresh(ctx)
	if err != nil {
		return err
	}
	if epoch == "" {
		return fmt.Errorf("tasks: no scheduler has begun one yet: %w", claim.ErrEpoch)
	}
	w.Log.Info("Redis forgot: a new epoch", "epoch", epoch)
	steps := w.table.all()
	at := time.Now()
	fates, err := next.Adopt(ctx, w.Identity, progressOf(steps))
	if err != nil {
		return fmt.Errorf("tasks: adopt: %w", err)
	}
	streams, err := next.Report(ctx, w.Identity, w.Journal.Unrecorded())
	w.Journal.Reported(streams)
	if err != nil {
		return fmt.Errorf("tasks: report: %w", err)
	}
	w.Claims.Enter(epoch)
	w.apply(steps, fates, at)
	if w.Forgot != nil {
		w.Forgot(ctx)
	}
	w.bell.Ring()
	return nil
}

// stopLapsed kills what ran on beyond its lease, where that is asked for.
func (w *Worker) stopLapsed() {
	if !w.StopOnLostContact {
		return
	}
	for _, r := range w.table.all() {
		if time.Now().UnixMilli() > r.until.Load() {
			r.cancel(errContact)
		}
	}
}

func (w *Worker) describe() string {
	if w.Describe == nil {
		return "{}"
	}
	note := ""
	if w.full.Load() != 0 {
		note = ErrNoRoom.Error()
	}
	return w.Describe(int(w.free.Load()), w.draining.Load(), note)
}

// noteFull says that the disk is full; no more steps are taken until it is not.
func (w *Worker) noteFull(cause error) {
	if w.full.Swap(time.Now().UnixMilli()) == 0 {
		w.Log.Error("the disk is full: taking no steps until there is room", "error", cause)
	}
}

// fullFor is how long a worker takes no steps at least after its disk was full:
// what the step had written is gone by then, and so is the step, to another.
const fullFor = 30 * time.Second

func (w *Worker) hasRoom() bool {
	since := w.full.Load()
	if since == 0 {
		return true
	}
	if time.Since(time.UnixMilli(since)) < fullFor || w.HaveRoom != nil && !w.HaveRoom() {
		return false
	}
	if w.full.CompareAndSwap(since, 0) {
		w.Log.Info("there is room again")
	}
	return true
}

// quiet passes asynq's words on, its chatter as debug.
type quiet struct{ log *slog.Logger }

func (q quiet) Debug(args ...any) {}
func (q quiet) Info(args ...any)  { q.log.Debug("asynq: " + fmt.Sprint(args...)) }
func (q quiet) Warn(args ...any)  { q.log.Debug("asynq: " + fmt.Sprint(args...)) }
func (q quiet) Error(args ...any) { q.log.Warn("asynq: " + fmt.Sprint(args...)) }
func (q quiet) Fatal(args ...any) { q.log.Error("asynq: " + fmt.Sprint(args...)) }
