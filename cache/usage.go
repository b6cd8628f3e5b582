package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// The file "usage" counts the bytes of entries and sources, so that a put knows
// without a walk whether the cache is over its limit. It is only ever a reason
// to walk: an eviction counts what is there and puts the number right.

func (c *Cache) usage() (int64, error) {
	text, err := os.ReadFile(c.path("usage"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, nil // torn: counted again at the next eviction
	}
	return n, nil
}

// addUsage changes the count. The caller has the store lock.
func (c *Cache) addUsage(n int64) error {
	if n == 0 {
		return nil
	}
	used, err := c.usage()
	if err != nil {
		return err
	}
	return c.setUsage(used + n)
}

// setUsage overwrites the count in one write of constant length, which a kill
// cannot tear.
func (c *Cache) setUsage(n int64) error {
	f, err := os.OpenFile(c.path("usage"), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return full(err)
	}
	_, err = fmt.Fprintf(f, "%019d\n", max(n, 0))
	return full(errors.Join(err, f.Close()))
}
