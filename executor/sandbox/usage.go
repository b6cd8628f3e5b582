package sandbox

import (
	"sync"
	"time"
)

// Usage adds up what tools took. The zero value is ready; it is safe for
// concurrent use.
type Usage struct {
	mu     sync.Mutex
	wall   time.Duration
	calls  int
	limits string
}

// Seconds returns the wall time that tools ran, summed over the calls, from
// just before the start of each until it and everything it started were gone.
func (u *Usage) Seconds() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.wall.Seconds()
}

// Calls returns how many tools ran.
func (u *Usage) Calls() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls
}

// Limits says what bounded memory and processes: "cgroup" or "sampler"; empty
// before the first call.
func (u *Usage) Limits() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.limits
}

func (u *Usage) add(wall time.Duration, limits string) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.wall += wall
	u.calls++
	u.limits = limits
}
