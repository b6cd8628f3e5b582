package farm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// embedded is a Redis within this process, for a farm on one machine. What it
// knows is gone with it: that is an epoch's end, as with any Redis.
type embedded struct {
	server *miniredis.Miniredis
	stop   context.CancelFunc
	parts  sync.WaitGroup
}

// startEmbedded listens on a free port of loopback.
func startEmbedded() (*embedded, error) {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("farm: embedded redis: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background()) // ends with stop
	e := &embedded{server: server, stop: stop}
	e.parts.Go(func() { e.tick(ctx) })
	return e, nil
}

// tick lets time pass: the embedded server expires keys only when it is told.
func (e *embedded) tick(ctx context.Context) {
	const step = 200 * time.Millisecond
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			e.server.FastForward(now.Sub(last))
			last = now
		}
	}
}

func (e *embedded) url() string { return "redis://" + e.server.Addr() + "/0" }

func (e *embedded) close() {
	e.stop()
	e.parts.Wait()
	e.server.Close()
}
