package claim

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/dag"
)

// Done is one entry of the stream of completions.
type DoneEntry struct {
	Stream   string // its id
	ID       dag.CacheID
	Jobs     []string // that wanted it
	By       string   // the job whose turn it was
	State    State    // Done, HasFailed or Skipped
	Resolved dag.CacheID
	Content  dag.ContentHash // that stands
	Differs  dag.ContentHash // what the execution came to, when that is something else
	Replaces bool            // the bytes recorded before can be had nowhere
	Executed bool
	Worker   string
	At       time.Time
	Error    Class
	Message  string
	Meta     string
}

// ReadDone returns up to most completions after an id of the stream ("0" for
// the first).
func (s *Store) ReadDone(ctx context.Context, after string, most int) ([]DoneEntry, error) {
	if after == "" {
		after = "0"
	}
	found, err := s.Redis.XRangeN(ctx, s.Prefix.Key("done"), "("+after, "+", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("claim: read completions: %w", err)
	}
	out := make([]DoneEntry, len(found))
	for i, m := range found {
		out[i] = doneEntry(m)
	}
	return out, nil
}

func doneEntry(m redis.XMessage) DoneEntry {
	field := func(name string) string { text, _ := m.Values[name].(string); return text }
	e := DoneEntry{
		Stream: m.ID, ID: parse[dag.CacheID](field("id")), By: field("by"), State: State(field("st")),
		Resolved: parse[dag.CacheID](field("rid")), Content: parse[dag.ContentHash](field("hash")), Differs: parse[dag.ContentHash](field("differs")),
		Replaces: field("replaces") != "", Executed: field("executed") == "1", Worker: field("worker"),
		At: time.UnixMilli(answer{field("at")}.number(0)), Error: Class(field("err")), Message: field("msg"), Meta: field("meta"),
	}
	if jobs := field("jobs"); jobs != "" {
		e.Jobs = strings.Split(jobs, ",")
	}
	return e
}

// Recorded publishes up to where completions are recorded, and trims the
// stream behind it.
func (s *Store) Recorded(ctx context.Context, upTo string) error {
	_, err := s.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, s.Prefix.Key("recorded"), upTo, 0)
		p.XTrimMinID(ctx, s.Prefix.Key("done"), upTo)
		return nil
	})
	if err != nil {
		return fmt.Errorf("claim: publish what is recorded: %w", err)
	}
	return nil
}
