package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/artdag/artdag/catalog"
)

// batch is what one round has to do.
type batch struct {
	from, to string                       // cursors
	listed   int                          // how many items the trigger returned
	items    []Item                       // to be processed
	was      map[string]catalog.ItemFault // the faults of items, by key
	repeats  []catalog.ItemFault          // parked because they came again
	gone     []string                     // failed items that are work no more
	now      time.Time
}

// more says whether to look again at once. A trigger that went round its records
// without anything to process has had its turn.
func (b *batch) more() bool {
	if b == nil || b.listed+len(b.items) == 0 {
		return false
	}
	return len(b.items) > 0 || b.to != b.from && b.to != ""
}

// gather asks the trigger, adds the failed items whose time has come, and leaves
// out those whose time has not.
func (l *loop) gather(ctx context.Context, cursor string) (*batch, error) {
	type found struct {
		items []Item
		next  string
	}
	f, err := call(ctx, l.clock, l.limits, l.name+": trigger", func(ctx context.Context) (found, error) {
		items, next, err := l.p.Trigger(ctx, cursor)
		return found{items, next}, err
	})
	if err != nil {
		return nil, err
	}
	b := &batch{from: cursor, to: f.next, listed: len(f.items), was: make(map[string]catalog.ItemFault), now: l.clock.Now()}
	if err := l.sift(ctx, b, f.items); err != nil {
		return nil, err
	}
	return b, l.reload(ctx, b)
}

// sift takes the items that are to be processed now.
func (l *loop) sift(ctx context.Context, b *batch, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	faults, err := l.store.FaultsOf(ctx, l.name, keys(items))
	if err != nil {
		return Unavailable("catalog", err)
	}
	for _, item := range items {
		fault, faulty := faults[item.Key]
		switch {
		case faulty && (fault.Parked || fault.NextAt.After(b.now)):
			continue
		case faulty:
			b.was[item.Key] = fault
		case l.recent.has(item.Key, b.now):
			b.repeats = append(b.repeats, repeated(l.name, item.Key, b.now))
			continue
		}
		b.items = append(b.items, item)
	}
	return nil
}

// reload adds failed items that the trigger does not return any more.
func (l *loop) reload(ctx context.Context, b *batch) error {
	loader, ok := l.p.(Loader)
	if !ok {
		return nil
	}
	const atOnce = 100
	due, err := l.store.DueFaults(ctx, l.name, b.now, atOnce)
	if err != nil {
		return Unavailable("catalog", err)
	}
	due = slices.DeleteFunc(due, func(f catalog.ItemFault) bool { _, here := b.was[f.Item]; return here })
	if len(due) == 0 {
		return nil
	}
	wanted := make([]string, 0, len(due))
	for _, f := range due {
		wanted = append(wanted, f.Item)
	}
	items, err := call(ctx, l.clock, l.limits, l.name+": load", func(ctx context.Context) ([]Item, error) {
		return loader.Load(ctx, wanted)
	})
	if err != nil {
		return err
	}
	b.reloaded(due, items)
	return nil
}

func (b *batch) reloaded(due []catalog.ItemFault, items []Item) {
	for _, f := range due {
		at := slices.IndexFunc(items, func(i Item) bool { return i.Key == f.Item })
		if at < 0 {
			b.gone = append(b.gone, f.Item)
			continue
		}
		b.was[f.Item] = f
		b.items = append(b.items, items[at])
	}
}

func keys(items []Item) []string {
	out := make([]string, 0, len(items))
	for _, item := range items {
		out = append(out, item.Key)
	}
	return out
}
