package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// tries is how often somebody is asked who broke off after sending something.
const tries = 3

// download gets one content. One goroutine uses it.
type download struct {
	fetcher *Fetcher
	hash    dag.ContentHash
	size    int64 // 0 or less: not known
	tried   []Attempt
}

// run asks all there are, until the bytes are stored.
func (d *download) run(ctx context.Context) error {
	left := d.everybody(ctx)
	for mixed := true; ; {
		r := &relay{download: d, ctx: ctx, left: left, mixed: mixed}
		_, err := d.fetcher.opts.Cache.PutSource(ctx, r, d.hash)
		r.close()
		var mismatch *cache.MismatchError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("peer: fetch %s: %w", d.hash.Short(), context.Cause(ctx))
		case errors.As(err, &mismatch) && len(r.senders) > 1:
			// One of them was wrong: each is asked for the whole.
			mixed, left = false, r.again()
		case errors.As(err, &mismatch):
			d.blame(r.senders, err)
			left = r.left
		case errors.Is(err, errBroken):
			left = r.left
		case errors.Is(err, errNobodyLeft) && mixed && len(r.refused) > 0:
			// Who sent too much and broke off left a place where nobody can go on.
			mixed, left = false, r.again()
		case errors.Is(err, errNobodyLeft):
			return &UnavailableError{d.hash, d.tried}
		default: // this machine's disk
			return fmt.Errorf("peer: fetch %s: %w", d.hash.Short(), err)
		}
	}
}

// everybody lists the holders, those who sent wrong bytes before last, and then
// the sources.
func (d *download) everybody(ctx context.Context) []*giver {
	f := d.fetcher
	var all []*giver
	if f.opts.Locator != nil {
		holders, err := f.opts.Locator.Holders(ctx, d.hash)
		if err != nil {
			d.failed("locator", err)
		}
		for _, h := range f.ranked(holders) {
			all = append(all, &giver{name: h.ID, open: f.peer(h)})
		}
	}
	for _, s := range f.opts.Sources {
		all = append(all, &giver{name: s.Name(), open: s.Open})
	}
	return all
}

func (f *Fetcher) ranked(holders []Holder) []Holder {
	f.mu.Lock()
	defer f.mu.Unlock()
	others := slices.DeleteFunc(slices.Clone(holders), func(h Holder) bool { return h.ID == f.opts.Self && h.ID != "" })
	slices.SortStableFunc(others, func(a, b Holder) int { return f.bad[a.ID] - f.bad[b.ID] })
	return others
}

func (d *download) failed(from string, err error) {
	d.tried = append(d.tried, Attempt{from, err})
}

// blame records wrong bytes of the one who sent them.
func (d *download) blame(senders []*giver, err error) {
	f := d.fetcher
	wrong := &WrongError{err}
	for _, g := range senders {
		d.failed(g.name, wrong)
		f.mu.Lock()
		f.bad[g.name]++
		f.mu.Unlock()
		if f.opts.OnBad != nil {
			f.opts.OnBad(g.name, d.hash, wrong)
		}
	}
}
