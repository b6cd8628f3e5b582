package pipeline_test

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// each runs a test on every kind of catalog.
func each(t *testing.T, test func(t *testing.T, db *catalog.DB)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, filepath.Join(t.TempDir(), "catalog.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, servicetest.Postgres(t)))
	})
}

func open(t *testing.T, dsn string) *catalog.DB {
	t.Helper()
	db, err := catalog.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// clock stands still until it is moved.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	wakes []wake
}

type wake struct {
	at time.Time
	c  chan time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := wake{c.now.Add(d), make(chan time.Time, 1)}
	c.wakes = append(c.wakes, w)
	return w.c
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	later := c.wakes[:0:0]
	for _, w := range c.wakes {
		if w.at.After(c.now) {
			later = append(later, w)
		} else {
			w.c <- c.now
		}
	}
	c.wakes = later
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// start runs processors until the test ends.
func start(t *testing.T, store pipeline.Store, c pipeline.Clock, owner string, ps ...pipeline.Processor) *pipeline.Runner {
	t.Helper()
	var duties []pipeline.Duty
	for _, p := range ps {
		duties = append(duties, pipeline.Duty{Processor: p, Every: time.Minute, Timeout: time.Minute})
	}
	r, err := pipeline.New(store, duties, pipeline.Options{Owner: owner, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func status(r *pipeline.Runner, name string) pipeline.Status {
	for _, s := range r.Status() {
		if s.Name == name {
			return s
		}
	}
	return pipeline.Status{}
}

func reaches(t *testing.T, r *pipeline.Runner, name string, state pipeline.State) {
	t.Helper()
	until(t, name+" is "+string(state), func() bool { return status(r, name).State == state })
}

// faultOf returns what is recorded against an item; a zero one when nothing is.
func faultOf(t *testing.T, db *catalog.DB, processor, key string) catalog.ItemFault {
	t.Helper()
	faults, err := db.FaultsOf(context.Background(), processor, []string{key})
	if err != nil {
		t.Fatal(err)
	}
	return faults[key]
}

// stream is a processor over numbered items, like the one of completions: it
// has a cursor, and each item ends as one row of the catalog.
type stream struct {
	name      string
	size, per int

	mu    sync.Mutex
	calls [][]string
	// fails, when set, says how a call ends.
	fails func(ctx context.Context, keys []string) error
}

func newStream(size, per int) *stream { return &stream{name: "stream", size: size, per: per} }

func (s *stream) Name() string { return s.name }

func (s *stream) Trigger(_ context.Context, cursor string) ([]pipeline.Item, string, error) {
	at, _ := strconv.Atoi(cursor)
	var items []pipeline.Item
	for ; at < s.size && len(items) < s.per; at++ {
		items = append(items, pipeline.Item{Key: strconv.Itoa(at), Data: at})
	}
	if len(items) == 0 {
		return nil, cursor, nil
	}
	return items, strconv.Itoa(at), nil
}

func (s *stream) Load(_ context.Context, keys []string) ([]pipeline.Item, error) {
	var items []pipeline.Item
	for _, key := range keys {
		n, err := strconv.Atoi(key)
		if err != nil {
			return nil, err
		}
		items = append(items, pipeline.Item{Key: key, Data: n})
	}
	return items, nil
}

func (s *stream) Process(ctx context.Context, items []pipeline.Item) (catalog.Writes, error) {
	var w catalog.Writes
	var keys []string
	for _, item := range items {
		keys = append(keys, item.Key)
		w.Items = append(w.Items, row(item.Data.(int)))
	}
	s.mu.Lock()
	s.calls = append(s.calls, keys)
	fails := s.fails
	s.mu.Unlock()
	if fails != nil {
		if err := fails(ctx, keys); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (s *stream) set(fails func(context.Context, []string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = fails
}

// times returns how often a key was processed.
func (s *stream) times(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, keys := range s.calls {
		for _, k := range keys {
			if k == key {
				n++
			}
		}
	}
	return n
}

func hashOf(n int) dag.ContentHash { return dag.HashContent([]byte(strconv.Itoa(n))) }

func row(n int) catalog.Item {
	return catalog.Item{Content: hashOf(n), Size: int64(n), MediaType: "text/plain", Created: time.UnixMilli(int64(n))}
}

// has reports whether the catalog has the row of an item.
func has(t *testing.T, db *catalog.DB, n int) bool {
	t.Helper()
	_, err := db.Item(context.Background(), hashOf(n))
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// missing counts those of the first n rows that the catalog has not got.
func missing(t *testing.T, db *catalog.DB, n int) (count int) {
	t.Helper()
	for i := range n {
		if !has(t, db, i) {
			count++
		}
	}
	return count
}
