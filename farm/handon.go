package farm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// handOn gives the last copies of what open jobs need to others, before this
// worker leaves. It ends with ctx; what it did not get to is made again where it
// is needed.
func (w *Worker) handOn(ctx context.Context) {
	alone, err := w.lastCopies(ctx)
	if err == nil && len(alone) > 0 {
		err = w.give(ctx, alone)
	}
	if err != nil {
		w.Logger.Warn("not everything could be handed on", "error", err)
	}
}

// lastCopies are the results that open jobs want and only this worker has, and
// what others handed to it when they left. Who leaves too does not count: of two
// that leave at once, both said so before either looks, so one at least hands on.
func (w *Worker) lastCopies(ctx context.Context) ([]dag.ContentHash, error) {
	steps := w.holding.all()
	states, err := w.claims.Steps(ctx, steps)
	if err != nil {
		return nil, err
	}
	contents := w.holding.handed()
	for i, id := range steps {
		entry, err := w.cache.Peek(id)
		if states[i].State != claim.Done || err != nil {
			continue
		}
		contents = append(contents, entry.Content)
		for _, m := range entry.Members {
			contents = append(contents, m.Content)
		}
	}
	holders, err := w.index.Holders(ctx, contents)
	if err != nil {
		return nil, err
	}
	living, err := w.roster.now(ctx)
	return slices.DeleteFunc(contents, func(h dag.ContentHash) bool {
		return slices.ContainsFunc(holders[h], func(id string) bool {
			d, alive := living[id]
			return id != w.ID && alive && !d.Draining
		})
	}), err
}

// give asks others in turn to fetch.
func (w *Worker) give(ctx context.Context, contents []dag.ContentHash) error {
	living, err := w.roster.living(ctx)
	if err != nil {
		return err
	}
	var takers []description
	for id, d := range living {
		if id != w.ID && d.Address != "" && !d.Draining && d.Note == "" {
			takers = append(takers, d)
		}
	}
	if len(takers) == 0 {
		return fmt.Errorf("farm: %d last copies and nobody else alive", len(contents))
	}
	// Workers before schedulers, whose disks are smaller.
	slices.SortFunc(takers, func(a, b description) int {
		if a.Scheduler != b.Scheduler {
			return map[bool]int{true: 1, false: -1}[a.Scheduler]
		}
		return strings.Compare(a.ID, b.ID)
	})
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for n, h := range contents {
		group.Go(func() error { return w.giveOne(ctx, h, takers, n) })
	}
	return group.Wait()
}

func (w *Worker) giveOne(ctx context.Context, h dag.ContentHash, takers []description, n int) error {
	var errs []error
	for i := range takers {
		err := tell(ctx, takers[(n+i)%len(takers)].Address+"/fetch/"+h.String(), w.Token)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
