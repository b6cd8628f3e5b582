package cache

// Full reports whether the cache's disk has next to no room left. It tells why
// a tool failed that could not write, whatever it said itself.
func (c *Cache) Full() bool {
	const room = 1 << 20 // bytes; less than any tool needs
	free := freeBytes(c.dir)
	return free >= 0 && free < room
}
