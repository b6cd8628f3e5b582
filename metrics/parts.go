package metrics

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/tasks"
)

// parts are what the sources can tell.
func (s Sources) parts() []part {
	out := []part{
		partOf("scale", s.Scale, s.scale), partOf("workers", s.Workers, s.workers), partOf("jobs", s.Jobs, jobsOpen),
		partOf("unrecorded", s.Unrecorded, recording), partOf("queues", s.Queues, queues),
		partOf("memory", s.Memory, memory), partOf("room", s.Room, room),
	}
	out = slices.DeleteFunc(out, func(p part) bool { return p.ask == nil })
	if s.Processors != nil {
		out = append(out, part{name: "processors", ask: func(context.Context) ([]prometheus.Metric, error) { return processors(s.Processors()), nil }})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Services)) {
		out = append(out, part{
			name: "service " + name, late: []prometheus.Metric{up.is(0, name)},
			ask: func(ctx context.Context) ([]prometheus.Metric, error) {
				if err := s.Services[name](ctx); err != nil {
					return nil, err
				}
				return []prometheus.Metric{up.is(1, name)}, nil
			},
		})
	}
	return out
}

// partOf asks for a value and puts it into words.
func partOf[T any](name string, ask func(context.Context) (T, error), tell func(T) []prometheus.Metric) part {
	if ask == nil {
		return part{name: name}
	}
	return part{name: name, ask: func(ctx context.Context) ([]prometheus.Metric, error) {
		value, err := ask(ctx)
		if err != nil {
			return nil, err
		}
		return tell(value), nil
	}}
}

func (s Sources) workers(all []api.Worker) []prometheus.Metric {
	states := map[string]int{"serving": 0, "draining": 0, "troubled": 0}
	total, busy := make(map[string]int), make(map[string]int)
	for _, w := range all {
		states[stateOf(w)]++
		for _, class := range w.Classes {
			if !w.Draining {
				total[class] += w.Slots
				busy[class] += max(w.Slots-w.Free, 0)
			}
		}
	}
	var out []prometheus.Metric
	for state, n := range states {
		out = append(out, workers.is(float64(n), state))
	}
	for _, class := range s.Classes {
		out = append(out, slots.is(float64(total[class]), class), slotsBusy.is(float64(busy[class]), class))
	}
	return append(out, workerDisks(all)...)
}

func stateOf(w api.Worker) string {
	switch {
	case w.Draining:
		return "draining"
	case w.Note != "":
		return "troubled"
	}
	return "serving"
}

// workerDisks sums up the caches and finds the fullest disk: a series for each
// worker would be one for each that ever was.
func workerDisks(all []api.Worker) []prometheus.Metric {
	var bytes int64
	least := 2.0 // more than any part of a whole
	for _, w := range all {
		bytes += w.CacheBytes
		if w.DiskSize > 0 {
			least = min(least, float64(w.DiskFree)/float64(w.DiskSize))
		}
	}
	out := []prometheus.Metric{cacheBytes.is(float64(bytes), "worker")}
	if least <= 1 {
		out = append(out, diskFree.is(least, "worker"))
	}
	return out
}

func room(r cache.Room) []prometheus.Metric {
	out := []prometheus.Metric{cacheBytes.is(float64(r.Used), "scheduler")}
	if r.Size > 0 {
		out = append(out, diskFree.is(float64(r.Free)/float64(r.Size), "scheduler"))
	}
	return out
}

func jobsOpen(counts map[catalog.Status]int) []prometheus.Metric {
	var out []prometheus.Metric
	for status, n := range counts {
		out = append(out, jobs.is(float64(n), string(status)))
	}
	return out
}

func recording(u claim.Unrecorded) []prometheus.Metric {
	return []prometheus.Metric{unrecorded.is(float64(u.Entries)), lag.is(u.Oldest.Seconds())}
}

func queues(sizes []tasks.Size) []prometheus.Metric {
	var out []prometheus.Metric
	for _, q := range sizes {
		for state, n := range map[string]int{
			"pending": q.Pending, "active": q.Active, "scheduled": q.Scheduled, "retry": q.Retry, "archived": q.Archived,
		} {
			out = append(out, queueTasks.is(float64(n), q.Queue, state))
		}
		out = append(out, queueLatency.is(q.Latency.Seconds(), q.Queue))
	}
	return out
}

func memory(m Memory) []prometheus.Metric {
	out := []prometheus.Metric{redisUsed.is(float64(m.Used))}
	if m.Limit > 0 {
		out = append(out, redisLimit.is(float64(m.Limit)))
	}
	return out
}

func processors(all []pipeline.Status) []prometheus.Metric {
	var out []prometheus.Metric
	for _, p := range all {
		out = append(out, processorItems.is(float64(p.Processed), p.Name))
		if p.State != pipeline.Away { // who has the lease knows
			out = append(out, processorFault.is(float64(p.Retrying), p.Name, "retrying"), processorFault.is(float64(p.Parked), p.Name, "parked"))
		}
		for _, state := range pipeline.States() {
			out = append(out, processorState.is(truth(p.State == state), p.Name, string(state)))
		}
		if !p.LastGood.IsZero() {
			out = append(out, processorGood.is(float64(p.LastGood.UnixMilli())/1000, p.Name))
		}
	}
	return out
}
