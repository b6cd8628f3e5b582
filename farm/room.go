package farm

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/claim"
)

// errFull says that Redis may hold no more. Jobs wait and go on when it may.
var errFull = fmt.Errorf("%w: Redis is full", api.ErrUnavailable)

// room is how many bytes more Redis, which forgets nothing to make room, should be
// given. It refuses when nine tenths of the memory are used: the last tenth is for
// the steps that are there already. Without it no worker could take any of them
// from the queue.
func (s *Scheduler) room(ctx context.Context) (free int64, err error) {
	if strings.HasPrefix(string(s.Prefix), "{") {
		return math.MaxInt64, nil // a cluster says it of one node at a time
	}
	text, err := s.Redis.Info(ctx, "memory").Result()
	if err != nil {
		if strings.Contains(err.Error(), "section") {
			return math.MaxInt64, nil // the embedded one knows fewer sections
		}
		return 0, fmt.Errorf("farm: ask Redis for its memory: %w", err)
	}
	most, used := infoNumber(text, "maxmemory"), infoNumber(text, "used_memory")-infoNumber(text, "mem_not_counted_for_evict")
	if most == 0 {
		return math.MaxInt64, nil
	}
	if free := most/10*9 - used; free > 0 {
		return free, nil
	}
	return 0, fmt.Errorf("%w: it has used %s of %s; raise its maxmemory (ARTDAG_REDIS_MEMORY), or wait until other jobs end",
		errFull, humanize.IBytes(uint64(max(used, 0))), humanize.IBytes(uint64(most)))
}

// fitting is how many of the first steps there is room for; the first always
// has it.
func fitting(specs []claim.Spec, free int64) int {
	// Bytes. An open step has 660 beside its config (measured, without inputs);
	// the rest is for what it comes to.
	const each, edge = 2 << 10, 256
	for i := range specs {
		free -= each + int64(len(specs[i].Config)) + edge*int64(len(specs[i].Inputs))
		if free < 0 {
			return max(i, 1)
		}
	}
	return len(specs)
}

// infoNumber reads one line of what INFO says; 0 where there is none.
func infoNumber(text, name string) int64 {
	for line := range strings.Lines(text) {
		if number, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(number), 10, 64) // 0 is as good as none
			return n
		}
	}
	return 0
}
