package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/artdag/artdag/catalog"
)

// result is what Process made of some items.
type result struct {
	done    []string // keys
	failed  map[string]error
	writes  catalog.Writes
	waiting error // ErrUnavailable of some items: the cursor must not pass them
}

// process works on a batch: as a whole, and when that fails, item by item, so
// that one bad item costs its neighbours nothing.
func (l *loop) process(ctx context.Context, b *batch) error {
	r, err := l.try(ctx, b.items)
	if err == nil {
		err = l.commit(ctx, b, r)
	}
	switch {
	case err == nil:
		l.learn(b, r)
		return nil
	case !blames(ctx, err):
		return err
	case len(b.items) > 1:
		return l.oneByOne(ctx, b)
	}
	return l.finish(ctx, b, result{failed: blame(b.items, err)})
}

// oneByOne commits each item by itself with the cursor where it is, and then
// moves the cursor past all.
func (l *loop) oneByOne(ctx context.Context, b *batch) error {
	all := result{failed: make(map[string]error)}
	for i := range b.items {
		item := b.items[i : i+1]
		r, err := l.try(ctx, item)
		if err == nil {
			err = l.commit(ctx, &batch{from: b.from, to: b.from, items: item, was: b.was, now: b.now}, result{done: r.done, writes: r.writes})
		}
		if err == nil {
			all.add(r)
			continue
		}
		if !blames(ctx, err) {
			return err
		}
		all.failed[item[0].Key] = err
	}
	return l.finish(ctx, b, all)
}

func (r *result) add(one result) {
	r.done = append(r.done, one.done...)
	maps.Copy(r.failed, one.failed)
	r.waiting = errors.Join(r.waiting, one.waiting)
}

// finish commits faults and the cursor. That it fails is not the items' doing.
func (l *loop) finish(ctx context.Context, b *batch, r result) error {
	err := l.commit(ctx, b, r)
	if err == nil {
		l.learn(b, r)
	}
	if blames(ctx, err) {
		err = Unavailable("catalog", err)
	}
	return err
}

// blames says whether an error is the items' own. One of a service, of a lost
// lease, of a call that hangs or of the end of this process is not.
func blames(ctx context.Context, err error) bool {
	var hung *hungError
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, ErrUnavailable), errors.Is(err, catalog.ErrMoved), errors.As(err, &hung):
		return false
	}
	return true
}

func blame(items []Item, err error) map[string]error {
	failed := make(map[string]error, len(items))
	for _, item := range items {
		failed[item.Key] = err
	}
	return failed
}

// try calls Process once and tells the items that failed from the others.
func (l *loop) try(ctx context.Context, items []Item) (result, error) {
	if len(items) == 0 {
		return result{}, nil
	}
	writes, err := call(ctx, l.clock, l.limits, l.name+": process", func(ctx context.Context) (writes catalog.Writes, err error) {
		return l.p.Process(ctx, slices.Clone(items))
	})
	return sortOut(items, writes, err)
}

func sortOut(items []Item, writes catalog.Writes, err error) (result, error) {
	var some ItemErrors
	if err != nil && !errors.As(err, &some) {
		return result{}, err
	}
	r := result{writes: writes, failed: make(map[string]error)}
	for _, item := range items {
		switch err := some[item.Key]; {
		case err == nil:
			r.done = append(r.done, item.Key)
		case errors.Is(err, ErrUnavailable):
			r.waiting = err
		default:
			r.failed[item.Key] = err
		}
	}
	return r, nil
}
