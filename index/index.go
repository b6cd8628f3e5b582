// Package index reads and writes the fast maps in Redis: what a step came to,
// which step made some bytes, their cid, and which workers hold them.
//
//	results        cache_id     -> content_hash
//	resolved       resolved_id  -> content_hash
//	content_index  content_hash -> cache_id
//	ipfs_index     content_hash -> cid
//	holders        content_hash -> workers
//	logs           cache_id     -> content_hash of what its tools said
//
// All of them can be lost: the catalog has the facts, and workers say again
// what they hold. Nothing here decides who owns a step; see package claim.
// Look-ups of many go in pieces of a thousand, each one round trip.
package index

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/lua"
)

// Index is safe for concurrent use; its methods block for round trips.
type Index struct {
	Redis  redis.UniversalClient
	Prefix lua.Prefix
}

// perCall bounds what one command reads (C8).
const perCall = 1000

// Results returns what the steps came to; steps without a result are absent.
func (x *Index) Results(ctx context.Context, ids []dag.CacheID) (map[dag.CacheID]dag.ContentHash, error) {
	return lookup[dag.CacheID, dag.ContentHash](ctx, x, "results", ids)
}

// Resolved returns what work came to on given bytes, by resolved_id.
func (x *Index) Resolved(ctx context.Context, ids []dag.CacheID) (map[dag.CacheID]dag.ContentHash, error) {
	return lookup[dag.CacheID, dag.ContentHash](ctx, x, "resolved", ids)
}

// Nodes returns a step that made each content.
func (x *Index) Nodes(ctx context.Context, hashes []dag.ContentHash) (map[dag.ContentHash]dag.CacheID, error) {
	return lookup[dag.ContentHash, dag.CacheID](ctx, x, "content_index", hashes)
}

// CIDs returns the cid of each content.
func (x *Index) CIDs(ctx context.Context, hashes []dag.ContentHash) (map[dag.ContentHash]string, error) {
	return texts(ctx, x, "ipfs_index", hashes)
}

// Holders returns the workers that said they hold each content.
func (x *Index) Holders(ctx context.Context, hashes []dag.ContentHash) (map[dag.ContentHash][]string, error) {
	found, err := texts(ctx, x, "holders", hashes)
	if err != nil {
		return nil, err
	}
	out := make(map[dag.ContentHash][]string, len(found))
	for h, list := range found {
		out[h] = strings.Split(list, ",")
	}
	return out, nil
}

func lookup[K, V interface {
	~[32]byte
	String() string
}](ctx context.Context, x *Index, name string, ids []K) (map[K]V, error) {
	found, err := texts(ctx, x, name, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[K]V, len(found))
	for id, text := range found {
		v, err := dag.ParseID[V](text)
		if err != nil {
			return nil, fmt.Errorf("index: %s of %s: %w", name, id, err)
		}
		out[id] = v
	}
	return out, nil
}

func texts[K interface {
	comparable
	String() string
}](ctx context.Context, x *Index, name string, ids []K) (map[K]string, error) {
	out := make(map[K]string)
	for part := range slices.Chunk(ids, perCall) {
		fields := make([]string, len(part))
		for i, id := range part {
			fields[i] = id.String()
		}
		values, err := x.Redis.HMGet(ctx, x.Prefix.Key(name), fields...).Result()
		if err != nil {
			return nil, fmt.Errorf("index: read %s: %w", name, err)
		}
		for i, v := range values {
			if text, ok := v.(string); ok {
				out[part[i]] = text
			}
		}
	}
	return out, nil
}

// Fact is what a step came to.
type Fact struct {
	Step, Resolved dag.CacheID // Resolved may be zero
	Content        dag.ContentHash
	CID            string // may be empty
}

// Learn adds facts that the catalog knows; what is there already stays.
func (x *Index) Learn(ctx context.Context, facts []Fact) error {
	for part := range slices.Chunk(facts, perCall/4) {
		_, err := x.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, f := range part {
				x.learn(ctx, p, f)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("index: add facts: %w", err)
		}
	}
	return nil
}

func (x *Index) learn(ctx context.Context, p redis.Pipeliner, f Fact) {
	p.HSetNX(ctx, x.Prefix.Key("results"), f.Step.String(), f.Content.String())
	p.HSetNX(ctx, x.Prefix.Key("content_index"), f.Content.String(), f.Step.String())
	if !f.Resolved.IsZero() {
		p.HSetNX(ctx, x.Prefix.Key("resolved"), f.Resolved.String(), f.Content.String())
	}
	if f.CID != "" {
		p.HSetNX(ctx, x.Prefix.Key("ipfs_index"), f.Content.String(), f.CID)
	}
}

// Unlearn takes back results whose bytes can be had nowhere.
func (x *Index) Unlearn(ctx context.Context, facts []Fact) error {
	for part := range slices.Chunk(facts, perCall/4) {
		_, err := x.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, f := range part {
				p.HDel(ctx, x.Prefix.Key("results"), f.Step.String())
				p.HDel(ctx, x.Prefix.Key("resolved"), f.Resolved.String(), f.Step.String())
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("index: take back facts: %w", err)
		}
	}
	return nil
}

// Held is content that a worker has, and its cid.
type Held struct {
	Content dag.ContentHash
	CID     string // may be empty
}

// Announce says that a worker holds content. Two workers that announce the
// same bytes at the same instant may lose one of the two: a peer less to ask,
// until the next announcement.
func (x *Index) Announce(ctx context.Context, worker string, held []Held) error {
	for part := range slices.Chunk(held, perCall) {
		hashes := make([]dag.ContentHash, len(part))
		for i, h := range part {
			hashes[i] = h.Content
		}
		known, err := x.Holders(ctx, hashes)
		if err != nil {
			return err
		}
		_, err = x.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, h := range part {
				if workers := known[h.Content]; !slices.Contains(workers, worker) && len(workers) < 8 {
					p.HSet(ctx, x.Prefix.Key("holders"), h.Content.String(), strings.Join(append(workers, worker), ","))
				}
				if h.CID != "" {
					p.HSetNX(ctx, x.Prefix.Key("ipfs_index"), h.Content.String(), h.CID)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("index: announce: %w", err)
		}
	}
	return nil
}

// Renounce says that a worker does not hold content any more.
func (x *Index) Renounce(ctx context.Context, worker string, hashes []dag.ContentHash) error {
	known, err := x.Holders(ctx, hashes)
	if err != nil {
		return err
	}
	_, err = x.Redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for h, workers := range known {
			rest := slices.DeleteFunc(slices.Clone(workers), func(w string) bool { return w == worker })
			switch {
			case len(rest) == len(workers):
			case len(rest) == 0:
				p.HDel(ctx, x.Prefix.Key("holders"), h.String())
			default:
				p.HSet(ctx, x.Prefix.Key("holders"), h.String(), strings.Join(rest, ","))
			}
		}
		return nil
	})
	if err != nil && err != redis.Nil {
		return fmt.Errorf("index: renounce: %w", err)
	}
	return nil
}

// SetLog says which content is the log of a step's last execution.
func (x *Index) SetLog(ctx context.Context, step dag.CacheID, log dag.ContentHash) error {
	if err := x.Redis.HSet(ctx, x.Prefix.Key("logs"), step.String(), log.String()).Err(); err != nil {
		return fmt.Errorf("index: note log: %w", err)
	}
	return nil
}

// Log returns the log of a step's last execution; zero when there is none.
func (x *Index) Log(ctx context.Context, step dag.CacheID) (dag.ContentHash, error) {
	found, err := lookup[dag.CacheID, dag.ContentHash](ctx, x, "logs", []dag.CacheID{step})
	return found[step], err
}
