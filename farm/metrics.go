package farm

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/metrics"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/tasks"
)

// measured is what a scrape asks this scheduler.
func (s *Scheduler) measured() metrics.Sources {
	return metrics.Sources{
		Classes:    s.Classes,
		Scale:      func(ctx context.Context) (api.Scale, error) { return s.Scale(ctx, api.Fleet{}) },
		Workers:    s.Workers,
		Jobs:       s.Catalog.CountOpen,
		Unrecorded: s.claims.Unrecorded,
		Queues:     func(context.Context) ([]tasks.Size, error) { return s.queue.Sizes(s.Classes) },
		Memory:     s.memory,
		Room:       func(context.Context) (cache.Room, error) { return s.cache.Room() },
		Processors: func() []pipeline.Status { return s.runner.Status() },
		Services:   s.services(),
	}
}

// memory asks Redis how full it is; of a cluster, one of its servers.
func (s *Scheduler) memory(ctx context.Context) (metrics.Memory, error) {
	text, err := s.Redis.Info(ctx, "memory").Result()
	if err != nil {
		return metrics.Memory{}, fmt.Errorf("farm: ask Redis for its memory: %w", err)
	}
	numbers := make(map[string]int64)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			numbers[name] = n
		}
	}
	if numbers["used_memory"] == 0 { // the one within this process does not count
		return metrics.Memory{}, fmt.Errorf("farm: Redis does not tell its memory")
	}
	return metrics.Memory{Used: numbers["used_memory"], Limit: numbers["maxmemory"]}, nil
}

// counted is a catalog that counts what processors record in it.
type counted struct {
	pipeline.Store
	metrics *metrics.Metrics
}

var _ pipeline.Store = counted{}

// Advance counts what was recorded, once it is.
func (c counted) Advance(ctx context.Context, processor, owner, from, to string, now time.Time, w catalog.Writes) error {
	err := c.Store.Advance(ctx, processor, owner, from, to, now, w)
	if err == nil {
		c.metrics.Recorded(w.Steps)
	}
	return err
}
