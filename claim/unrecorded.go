package claim

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Unrecorded is what the record processor has not recorded yet.
type Unrecorded struct {
	Entries int64         // completions
	Oldest  time.Duration // how long the oldest of them has been there; 0 when there is none
}

// UnrecordedAtMost returns how many completions the stream holds: those that are
// not recorded, and sometimes one more. It is one round trip.
func (s *Store) UnrecordedAtMost(ctx context.Context) (int64, error) {
	n, err := s.Redis.XLen(ctx, s.Prefix.Key("done")).Result()
	if err != nil {
		return 0, fmt.Errorf("claim: ask how many completions wait: %w", err)
	}
	return n, nil
}

// Unrecorded returns how far recording is behind, in two round trips.
func (s *Store) Unrecorded(ctx context.Context) (Unrecorded, error) {
	var now *redis.TimeCmd
	var size *redis.IntCmd
	var upTo *redis.StringCmd
	_, err := s.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		now, size, upTo = p.Time(ctx), p.XLen(ctx, s.Prefix.Key("done")), p.Get(ctx, s.Prefix.Key("recorded"))
		return nil
	})
	if err != nil && err != redis.Nil {
		return Unrecorded{}, fmt.Errorf("claim: ask how far recording is: %w", err)
	}
	first, err := s.Redis.XRangeN(ctx, s.Prefix.Key("done"), "("+cmp.Or(upTo.Val(), "0"), "+", 1).Result()
	if err != nil {
		return Unrecorded{}, fmt.Errorf("claim: ask how far recording is: %w", err)
	}
	if len(first) == 0 {
		return Unrecorded{}, nil
	}
	at, _, _ := strings.Cut(first[0].ID, "-")
	// Trimming keeps the last entry that is recorded.
	recorded := int64(0)
	if upTo.Val() != "" {
		recorded = 1
	}
	age := now.Val().Sub(time.UnixMilli(answer{at}.number(0)))
	return Unrecorded{Entries: max(size.Val()-recorded, 1), Oldest: max(age, 0)}, nil
}
