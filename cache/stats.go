package cache

import (
	"context"
	"fmt"
)

// Stats describes the cache as a whole.
type Stats struct {
	Count   map[Kind]int // items
	Bytes   int64        // on the disk, every file once
	Shared  int64        // bytes that storing identical bytes once saves
	Garbage int64        // of Bytes, what nothing uses; the next eviction frees it
	Limit   int64        // bytes
	Free    int64        // bytes free on the disk, -1 when unknown
	Pins    int
}

// Stats walks the whole cache, without reading a file.
func (c *Cache) Stats(ctx context.Context) (Stats, error) {
	n, err := c.census(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("cache: stats: %w", err)
	}
	pins, err := c.Pins()
	if err != nil {
		return Stats{}, err
	}
	s := Stats{
		Count: map[Kind]int{}, Bytes: n.total, Shared: n.shared, Garbage: n.wasted,
		Limit: c.limit, Free: freeBytes(c.dir), Pins: len(pins),
	}
	for _, it := range n.items {
		s.Count[it.Kind]++
	}
	return s, nil
}
