package cache

import "fmt"

// Room is how full a cache and its disk are, as far as that is known without a
// walk. What identical bytes share counts more than once, until the next
// eviction has counted.
type Room struct {
	Used, Limit int64 // bytes of the cache; a Limit of 0 is none
	Free, Size  int64 // bytes of the disk; -1 when unknown
}

// Room reads two numbers: it may be called often.
func (c *Cache) Room() (Room, error) {
	used, err := c.usage()
	if err != nil {
		return Room{}, fmt.Errorf("cache: room: %w", err)
	}
	free, size := diskBytes(c.dir)
	return Room{Used: used, Limit: c.limit, Free: free, Size: size}, nil
}
