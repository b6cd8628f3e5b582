package claim

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Load is steps that ask the same of a worker. Steps that wait for their inputs
// are in none, and neither are those that only paused jobs want.
type Load struct {
	Class string
	Tags  string // sorted, divided by commas
	Slots int    // of each step
	// How many are ready, in the queue, there for later (a retry), and owned.
	Ready, Queued, Delayed, Running int
}

// kind is what tells loads apart.
type kind struct {
	class, tags string
	slots       int
}

// looked is how many steps of each state Backlog looks at, at most, but for one
// of each list of ready steps.
const looked = 1000

// Backlog returns what could run now or does, by what it asks of workers, in
// order. It takes a few pipelines, whatever the number of steps: of what is
// longer than 1,000 steps it counts all and looks at some, from both ends of
// each list. Numbers are exact below that; above it they are an estimate.
//
// A ready step is on the list of every job that wants it. It counts once, if the
// same steps are looked at on each of them.
func (s *Store) Backlog(ctx context.Context, classes []string) ([]Load, error) {
	b := backlog{Store: s, ctx: ctx, of: s.Epoch(), loads: make(map[kind]*[4]float64), seen: make(map[string]bool)}
	for _, read := range []func([]string) error{b.owned, b.ready} {
		if err := read(classes); err != nil {
			return nil, fmt.Errorf("claim: read backlog: %w", err)
		}
	}
	var out []Load
	for _, k := range slices.SortedFunc(maps.Keys(b.loads), kind.compare) {
		n := b.loads[k]
		load := Load{Class: k.class, Tags: k.tags, Slots: k.slots}
		for i, into := range []*int{&load.Ready, &load.Queued, &load.Delayed, &load.Running} {
			*into = int(math.Round(n[i]))
		}
		out = append(out, load)
	}
	return out, nil
}

func (k kind) compare(o kind) int {
	return cmp.Or(strings.Compare(k.class, o.class), strings.Compare(k.tags, o.tags), cmp.Compare(k.slots, o.slots))
}

// backlog is one reading.
type backlog struct {
	*Store
	ctx   context.Context
	of    string // epoch
	loads map[kind]*[4]float64
	seen  map[string]bool // steps, which count once
}

// sample is some of the steps of a list; each stands for weight of them.
type sample struct {
	state  State // that they are in, unless they were moved on meanwhile
	ids    []string
	weight float64
}

func (b *backlog) key(name string) string { return b.Prefix.Of(b.of, name) }

// owned reads what is in the queue, there for later, and owned.
func (b *backlog) owned([]string) error {
	names := []string{"released", "delayed", "leases"}
	ids, sizes := make([]*redis.StringSliceCmd, 3), make([]*redis.IntCmd, 3)
	_, err := b.Redis.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			ids[i], sizes[i] = p.ZRange(b.ctx, b.key(name), 0, looked-1), p.ZCard(b.ctx, b.key(name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	var samples []sample
	for i, state := range []State{Queued, delayed, Running} {
		samples = append(samples, sample{state, ids[i].Val(), weight(sizes[i].Val(), len(ids[i].Val()))})
	}
	return b.count(samples)
}

// delayed is Queued, for later.
const delayed State = "Q later"

func weight(size int64, some int) float64 {
	if some == 0 {
		return 0
	}
	return max(float64(size)/float64(some), 1)
}

// ready reads the lists of active jobs.
func (b *backlog) ready(classes []string) error {
	lists, err := b.lists(classes)
	if err != nil || len(lists) == 0 {
		return err
	}
	share := int64(max(looked/len(lists), 1))
	head, tail := make([]*redis.StringSliceCmd, len(lists)), make([]*redis.StringSliceCmd, len(lists))
	_, err = b.Redis.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		for i, l := range lists {
			some := min(share, l.size)
			head[i] = p.LRange(b.ctx, l.key, 0, (some+1)/2-1)
			if some > 1 {
				tail[i] = p.LRange(b.ctx, l.key, -(some / 2), -1)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var samples []sample
	for i, l := range lists {
		ids := head[i].Val()
		if tail[i] != nil {
			ids = append(ids, tail[i].Val()...)
		}
		samples = append(samples, sample{Ready, ids, weight(l.size, len(ids))})
	}
	return b.count(samples)
}

// list is a list of ready steps.
type list struct {
	key  string
	size int64
}

// lists returns those of active jobs that are not empty.
func (b *backlog) lists(classes []string) ([]list, error) {
	jobs, err := b.Redis.SMembers(b.ctx, b.key("jobs")).Result()
	if err != nil || len(jobs) == 0 {
		return nil, err
	}
	slices.Sort(jobs)
	states, sizes := make([]*redis.StringCmd, len(jobs)), make([]*redis.IntCmd, len(jobs)*len(classes))
	_, err = b.Redis.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		for i, job := range jobs {
			states[i] = p.HGet(b.ctx, b.key("job:"+job), "st")
			for j, class := range classes {
				sizes[i*len(classes)+j] = p.LLen(b.ctx, b.key("ready:"+job+":"+class))
			}
		}
		return nil
	})
	if err != nil && err != redis.Nil { // a job that was dismissed meanwhile
		return nil, err
	}
	var out []list
	for i, job := range jobs {
		for j, class := range classes {
			if size := sizes[i*len(classes)+j].Val(); size > 0 && states[i].Val() == string(Active) {
				out = append(out, list{b.key("ready:" + job + ":" + class), size})
			}
		}
	}
	return out, nil
}

// count asks what the steps are, and adds those that are where they were seen.
func (b *backlog) count(samples []sample) error {
	for _, s := range samples {
		for part := range slices.Chunk(b.fresh(s.ids), 500) {
			if err := b.add(part, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// fresh returns the ids that were not seen before.
func (b *backlog) fresh(ids []string) []string {
	var out []string
	for _, id := range ids {
		if !b.seen[id] {
			b.seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (b *backlog) add(ids []string, s sample) error {
	cmds := make([]*redis.SliceCmd, len(ids))
	_, err := b.Redis.Pipelined(b.ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.HMGet(b.ctx, b.key("step:"+id), "st", "class", "tags", "slots")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, cmd := range cmds {
		a := answer(cmd.Val())
		at := s.state.column(State(a.text(0)))
		if at < 0 || a.text(1) == "" {
			continue
		}
		k := kind{a.text(1), plainTags(a.text(2)), max(int(a.number(3)), 1)}
		if b.loads[k] == nil {
			b.loads[k] = new([4]float64)
		}
		b.loads[k][at] += s.weight
	}
	return nil
}

// column is where a step counts that was seen in a state and is in another now;
// -1 when it moved on.
func (s State) column(now State) int {
	switch {
	case s == Ready && now == Ready:
		return 0
	case s == Queued && now == Queued:
		return 1
	case s == delayed && now == Queued:
		return 2
	case s == Running && (now == Claimed || now == Running):
		return 3
	}
	return -1
}

// plainTags makes "a,b" of ",b,a,".
func plainTags(text string) string {
	tags := strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	slices.Sort(tags)
	return strings.Join(slices.Compact(tags), ",")
}
