package pipeline

import "time"

// circuit is open while something that a processor cannot do without is down.
// Each failure doubles the wait, and a success closes it. There is no jitter:
// one holder of a lease is not a herd.
type circuit struct {
	shortest, longest time.Duration
	wait              time.Duration // zero when closed
}

func (c *circuit) fail() time.Duration {
	c.wait = min(max(2*c.wait, c.shortest), c.longest)
	return c.wait
}

func (c *circuit) close() { c.wait = 0 }
