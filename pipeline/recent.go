package pipeline

import "time"

// recent remembers which items were processed of late, to notice a trigger that
// returns them again. It forgets after a while, because an item may become work
// again for a new reason, and the oldest first when there are too many.
type recent struct {
	keep  time.Duration
	most  int
	at    map[string]time.Time
	order []string // as they were added, some forgotten since
}

func newRecent(keep time.Duration, most int) *recent {
	return &recent{keep: keep, most: most, at: make(map[string]time.Time)}
}

func (r *recent) has(key string, now time.Time) bool {
	at, ok := r.at[key]
	return ok && now.Sub(at) < r.keep
}

func (r *recent) add(key string, now time.Time) {
	if _, ok := r.at[key]; !ok {
		r.order = append(r.order, key)
	}
	r.at[key] = now
	for len(r.order) > r.most {
		delete(r.at, r.order[0])
		r.order = r.order[1:]
	}
}

func (r *recent) forget(key string) {
	if _, ok := r.at[key]; ok {
		r.at[key] = time.Time{}
	}
}
