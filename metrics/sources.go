package metrics

import (
	"context"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/tasks"
)

// Sources is what a scrape asks. Each function may be called at any time, from
// any goroutine; one that is nil has nothing to tell.
type Sources struct {
	Classes    []string // of the farm
	Scale      func(ctx context.Context) (api.Scale, error)
	Workers    func(ctx context.Context) ([]api.Worker, error)
	Jobs       func(ctx context.Context) (map[catalog.Status]int, error) // unfinished
	Unrecorded func(ctx context.Context) (claim.Unrecorded, error)
	Queues     func(ctx context.Context) ([]tasks.Size, error)
	Memory     func(ctx context.Context) (Memory, error)
	Room       func(ctx context.Context) (cache.Room, error) // of this scheduler
	Processors func() []pipeline.Status
	// Services are asked whether they can be reached.
	Services map[string]func(ctx context.Context) error
}

// Memory is how full Redis is, in bytes.
type Memory struct{ Used, Limit int64 } // a Limit of 0 is none
