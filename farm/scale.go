package farm

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/claim"
)

// demand knows the work at hand. It asks Redis at most every two seconds, and
// remembers how large workers are while none lives. It is safe for concurrent
// use.
type demand struct {
	claims  *claim.Store
	roster  *roster
	classes []string

	turn  chan struct{} // holds one: whoever takes it reads and writes what is below
	at    time.Time
	loads []claim.Load
	sizes map[string]int // class -> slots of a worker that serves it, as last seen
}

func newDemand(claims *claim.Store, r *roster, classes []string) *demand {
	return &demand{claims: claims, roster: r, classes: classes, turn: make(chan struct{}, 1), sizes: make(map[string]int)}
}

// scale says how many workers of a kind the work at hand asks for.
func (d *demand) scale(ctx context.Context, f api.Fleet) (api.Scale, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done(): // Redis does not answer who came first
		return api.Scale{}, context.Cause(ctx)
	}
	workers, err := d.roster.workers(ctx)
	if err != nil {
		return api.Scale{}, err
	}
	if time.Since(d.at) > 2*time.Second {
		if d.loads, err = d.claims.Backlog(ctx, d.classes); err != nil {
			return api.Scale{}, err
		}
		d.at = time.Now()
	}
	workers = slices.DeleteFunc(workers, func(w description) bool { return w.Draining })
	for _, class := range d.classes {
		if n := meanSlots(workers, place{class: class}); n > 0 {
			d.sizes[class] = n
		}
	}
	return scaleOf(d.loads, workers, d.sizes, f), nil
}

// scaleOf computes how many workers are wanted:
//
//	desired = ⌈ Σ over the groups g that count: demand(g) / slots(g) ⌉
//
// A group is the steps that ask for the same class and tags; which types workers
// know is left out. demand(g) is the slots
// that those which are ready, in the queue, there for a later try, or running
// take; a step takes no more than a worker has. slots(g) is the mean,
// rounded down, of the slots of the living workers that may take the group and
// do not drain; while none lives, of those last seen that serve its class. Where
// none was ever seen a group asks for one worker, to learn what it has. Since a
// step takes a slot or more, there are never more workers than steps.
//
// Groups share workers, so fractions add up before they are rounded. Steps that
// wait for inputs do not count: they may be as many as they like, and more
// workers would not help. Neither do those that only paused jobs want.
//
// Of a kind of workers, groups count that it could take. When no kind is given
// those count that some living worker could take, or all when none lives: of
// work for machines that are not there, more of the others would do nothing.
//
// It says what is wanted now. That a fleet should not follow every second, and
// how large it may be, is for the scaler.
func scaleOf(loads []claim.Load, workers []description, sizes map[string]int, f api.Fleet) api.Scale {
	out := api.Scale{Groups: []api.ScaleGroup{}}
	for _, w := range workers {
		if isOf(f, w) {
			out.Living++
		}
	}
	total := 0.0
	for _, part := range byPlace(loads) {
		n := place{part[0].Class, part[0].Tags}
		g := groupOf(part, n, workers, sizes)
		g.Counted = counts(n, g.Workers, len(workers), f)
		share := 1.0 // to learn what a worker has
		if g.Assumed > 0 {
			share = float64(g.Slots) / float64(g.Assumed)
		}
		g.Desired = ceil(share)
		if g.Counted {
			total += share
			out.Waiting += g.Ready + g.Queued + g.Delayed
			out.Running += g.Running
		}
		out.Groups = append(out.Groups, g)
	}
	out.Backlog = out.Waiting + out.Running
	out.Desired = ceil(total)
	return out
}

// byPlace divides loads, which are in order, into those that ask for the same
// class and tags.
func byPlace(loads []claim.Load) [][]claim.Load {
	var out [][]claim.Load
	for i, load := range loads {
		if i == 0 || load.Class != loads[i-1].Class || load.Tags != loads[i-1].Tags {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], load)
	}
	return out
}

func groupOf(loads []claim.Load, n place, workers []description, sizes map[string]int) api.ScaleGroup {
	g := api.ScaleGroup{Class: n.class, Tags: tagList(n.tags), Assumed: meanSlots(workers, n)}
	for _, w := range workers {
		if n.metBy(w) {
			g.Workers++
		}
	}
	if g.Assumed == 0 {
		g.Assumed = sizes[n.class]
	}
	for _, load := range loads {
		g.Ready += load.Ready
		g.Queued += load.Queued
		g.Delayed += load.Delayed
		g.Running += load.Running
		each := load.Slots
		if g.Assumed > 0 {
			each = min(each, g.Assumed)
		}
		g.Slots += each * (load.Ready + load.Queued + load.Delayed + load.Running)
	}
	return g
}

// counts says whether a group counts for a kind.
func counts(n place, able, living int, f api.Fleet) bool {
	if len(f.Classes) > 0 {
		return n.metBy(description{Worker: api.Worker{Classes: f.Classes, Tags: f.Tags}})
	}
	return able > 0 || living == 0
}

// meanSlots is the mean of the slots of those who serve a place; 0 when nobody
// does.
func meanSlots(workers []description, n place) int {
	sum, count := 0, 0
	for _, w := range workers {
		if n.metBy(w) {
			sum, count = sum+w.Slots, count+1
		}
	}
	if count == 0 {
		return 0
	}
	return max(sum/count, 1)
}

// isOf reports whether a worker is of a kind: it serves all of the classes and
// has all of the tags.
func isOf(f api.Fleet, w description) bool {
	for _, class := range f.Classes {
		if !slices.Contains(w.Classes, class) {
			return false
		}
	}
	for _, tag := range f.Tags {
		if !slices.Contains(w.Tags, tag) {
			return false
		}
	}
	return true
}

func tagList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// ceil rounds up, but for what adding fractions leaves.
func ceil(x float64) int { return int(math.Ceil(x - 1e-9)) }
