package farm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/index"
	"github.com/artdag/artdag/lua"
	"github.com/artdag/artdag/peer"
)

// description is what a worker, or a scheduler that holds content, says of
// itself with every heartbeat.
type description struct {
	api.Worker
	Scheduler bool `json:"scheduler,omitempty"`
	// Types are the step types that a worker knows, with their versions.
	Types []string `json:"types,omitempty"`
}

func (d description) encode() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Errorf("farm: describe: %w", err)) // no field of it can fail
	}
	return string(text)
}

// roster knows who lives. It asks Redis at most once a second. It is safe for
// concurrent use.
type roster struct {
	redis  redis.UniversalClient
	prefix lua.Prefix

	mu   sync.Mutex
	at   time.Time
	last map[string]description
}

// living returns everybody who said something within the last 20 s, by id.
func (r *roster) living(ctx context.Context) (map[string]description, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < time.Second {
		return r.last, nil
	}
	ids, err := r.redis.SMembers(ctx, r.prefix.Key("workers")).Result()
	if err != nil {
		return nil, fmt.Errorf("farm: list workers: %w", err)
	}
	found := make(map[string]description)
	cmds := make([]*redis.StringCmd, len(ids))
	_, err = r.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, id := range ids {
			cmds[i] = p.Get(ctx, r.prefix.Worker(id))
		}
		return nil
	})
	if err != nil && err != redis.Nil {
		return nil, fmt.Errorf("farm: list workers: %w", err)
	}
	for i, id := range ids {
		var d description
		if json.Unmarshal([]byte(cmds[i].Val()), &d) == nil {
			d.ID = id
			found[id] = d
		}
	}
	r.at, r.last = time.Now(), found
	return found, nil
}

// find returns somebody by id, also who came within the last second.
func (r *roster) find(ctx context.Context, id string) (d description, ok bool, err error) {
	all, err := r.living(ctx)
	if d, ok = all[id]; ok || err != nil {
		return d, ok, err
	}
	all, err = r.now(ctx)
	d, ok = all[id]
	return d, ok, err
}

// now is living, asked of Redis in any case.
func (r *roster) now(ctx context.Context) (map[string]description, error) {
	r.mu.Lock()
	r.at = time.Time{}
	r.mu.Unlock()
	return r.living(ctx)
}

// workers returns those who perform steps.
func (r *roster) workers(ctx context.Context) ([]description, error) {
	all, err := r.living(ctx)
	var out []description
	for _, d := range all {
		if !d.Scheduler {
			out = append(out, d)
		}
	}
	return out, err
}

// locator finds the living holders of content.
type locator struct {
	index  *index.Index
	roster *roster
}

var _ peer.Locator = (*locator)(nil)

// Holders leaves out whoever has not been heard of for 20 s: what only they had
// is gone, until they are back.
func (l *locator) Holders(ctx context.Context, h dag.ContentHash) ([]peer.Holder, error) {
	found, err := l.index.Holders(ctx, []dag.ContentHash{h})
	if err != nil {
		return nil, err
	}
	living, err := l.living(ctx, found)
	if err != nil {
		return nil, err
	}
	var out []peer.Holder
	for _, id := range found[h] {
		if d, ok := living[id]; ok && d.Address != "" {
			out = append(out, peer.Holder{ID: id, URL: d.Address})
		}
	}
	return out, nil
}

// have reports which contents some living holder has.
func (l *locator) have(ctx context.Context, contents []dag.ContentHash) (map[dag.ContentHash]bool, error) {
	found, err := l.index.Holders(ctx, contents)
	if err != nil {
		return nil, err
	}
	living, err := l.living(ctx, found)
	if err != nil {
		return nil, err
	}
	out := make(map[dag.ContentHash]bool, len(contents))
	for h, ids := range found {
		for _, id := range ids {
			if _, ok := living[id]; ok {
				out[h] = true
			}
		}
	}
	return out, nil
}

// living returns who lives. Before some content counts as held by nobody, Redis is
// asked: who has it may have come within the last second.
func (l *locator) living(ctx context.Context, holders map[dag.ContentHash][]string) (map[string]description, error) {
	living, err := l.roster.living(ctx)
	if err != nil {
		return nil, err
	}
	lives := func(id string) bool { _, ok := living[id]; return ok }
	for _, ids := range holders {
		if len(ids) > 0 && !slices.ContainsFunc(ids, lives) {
			return l.roster.now(ctx)
		}
	}
	return living, nil
}
