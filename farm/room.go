package farm

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/api"
)

// errFull says that Redis may hold no more. Jobs wait and go on when it may.
var errFull = fmt.Errorf("%w: Redis is full", api.ErrUnavailable)

// room refuses when Redis, which forgets nothing to make room, has used nine
// tenths of its memory: the last tenth is for the steps that it has already.
func (s *Scheduler) room(ctx context.Context) error {
	if strings.HasPrefix(string(s.Prefix), "{") {
		return nil // a cluster says it of one node at a time
	}
	text, err := s.Redis.Info(ctx, "memory").Result()
	if err != nil {
		if strings.Contains(err.Error(), "section") {
			return nil // the embedded one knows fewer sections
		}
		return fmt.Errorf("farm: ask Redis for its memory: %w", err)
	}
	most, used := infoNumber(text, "maxmemory"), infoNumber(text, "used_memory")-infoNumber(text, "mem_not_counted_for_evict")
	if most == 0 || used < most/10*9 {
		return nil
	}
	return fmt.Errorf("%w: it has used %s of %s; raise its maxmemory (ARTDAG_REDIS_MEMORY), or wait until other jobs end",
		errFull, humanize.IBytes(uint64(max(used, 0))), humanize.IBytes(uint64(most)))
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
