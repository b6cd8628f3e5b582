package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/index"
)

// What redis-benchmark writes into its commands is a number of 12 digits; after
// 52 more it is a content hash.
const (
	lookupHead  = "0000000000000000000000000000000000000000000000000000"
	lookupBatch = 1000
)

// measureLookup looks up a million content hashes in batches, beside
// redis-benchmark, which sends the same commands and leaves the answers unread.
func measureLookup(b *bench) ([]result, error) {
	n := b.n(1_000_000, 20_000)
	g, err := b.grounds()
	if err != nil {
		return nil, err
	}
	if err := g.client.FlushAll(b.ctx).Err(); err != nil {
		return nil, err
	}
	x := &index.Index{Redis: g.client, Prefix: g.redis.Prefix}
	hashes, err := b.learn(x, n)
	if err != nil {
		return nil, err
	}
	row, err := alternate(b.n(7, 2),
		func() (float64, error) { return b.lookUp(x, hashes) },
		func() (float64, error) { return b.redisBenchmark(x, n) })
	if err != nil {
		return nil, err
	}
	row.Ratio = 1 / row.Ratio // as speed, like the goal
	row.Name, row.Goal = fmt.Sprintf("lookup %dk hashes", n/1000), atLeast("ratio", 0.8)
	row.Beside = fmt.Sprintf("redis-benchmark HMGET of %d fields; ratio of the speeds", lookupBatch)
	return []result{row.judged()}, nil
}

// learn fills the index and returns the hashes, in no order.
func (b *bench) learn(x *index.Index, n int) ([]dag.ContentHash, error) {
	hashes, facts := make([]dag.ContentHash, n), make([]index.Fact, 0, n)
	for i := range hashes {
		h, err := dag.ParseID[dag.ContentHash](fmt.Sprintf("%s%012d", lookupHead, (i*7919)%n)) // 7919 is prime, and no divisor of n
		if err != nil {
			return nil, err
		}
		hashes[i] = h
		facts = append(facts, index.Fact{Step: dag.CacheID(h), Content: h})
	}
	return hashes, x.Learn(b.ctx, facts)
}

func (b *bench) lookUp(x *index.Index, hashes []dag.ContentHash) (float64, error) {
	return seconds(func() error {
		for len(hashes) > 0 {
			n := min(len(hashes), 20*lookupBatch) // as many as somebody asks for
			found, err := x.Nodes(b.ctx, hashes[:n])
			if err == nil && len(found) != n {
				err = fmt.Errorf("%d of %d hashes were found", len(found), n)
			}
			if err != nil {
				return err
			}
			hashes = hashes[n:]
		}
		return nil
	})
}

// redisBenchmark looks up as many, at random, over one connection, one command
// after the other, and returns the seconds that it counted.
func (b *bench) redisBenchmark(x *index.Index, n int) (float64, error) {
	_, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(b.redisURL, "redis://"), "/0"))
	if err != nil {
		return 0, err
	}
	requests := n / lookupBatch
	args := []string{"-p", port, "-n", strconv.Itoa(requests), "-c", "1", "-P", "1", "-r", strconv.Itoa(n), "--csv", "HMGET", x.Prefix.Key("content_index")}
	for range lookupBatch {
		args = append(args, lookupHead+"__rand_int__")
	}
	out, err := b.command("", "redis-benchmark", args...)
	if err != nil {
		return 0, err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	quoted := strings.Split(lines[len(lines)-1], `","`) // the command, requests a second, and more
	if len(quoted) < 2 {
		return 0, errors.New("redis-benchmark said " + lines[len(lines)-1])
	}
	rate, err := strconv.ParseFloat(quoted[1], 64)
	return float64(requests) / rate, err
}
