package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/pipeline"
)

func TestStream(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		s := newStream(25, 10)
		r := start(t, db, newClock(), "a", s)
		until(t, "all is processed", func() bool { return status(r, "stream").Processed == 25 })
		reaches(t, r, "stream", pipeline.Idle)
		if n := missing(t, db, 25); n > 0 {
			t.Errorf("%d of 25 items are missing", n)
		}
		if got := status(r, "stream").Cursor; got != "25" {
			t.Errorf("cursor is %q, want 25", got)
		}
		if s.times("0") != 1 || s.times("24") != 1 {
			t.Error("items were processed more than once")
		}
	})
}

func TestBell(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		var looks atomic.Int32
		r := start(t, db, newClock(), "a", &watcher{name: "watcher", trigger: func(string) ([]pipeline.Item, string, error) {
			looks.Add(1)
			return nil, "", nil
		}})
		until(t, "the first look", func() bool { return looks.Load() == 1 })
		reaches(t, r, "watcher", pipeline.Idle)
		if !r.Wake("watcher") || r.Wake("nobody") {
			t.Error("Wake does not know who is there")
		}
		until(t, "the bell", func() bool { return looks.Load() == 2 })
	})
}

func TestInterval(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, looks := newClock(), atomic.Int32{}
		r := start(t, db, c, "a", &watcher{name: "watcher", trigger: func(string) ([]pipeline.Item, string, error) {
			looks.Add(1)
			return nil, "", nil
		}})
		reaches(t, r, "watcher", pipeline.Idle)
		until(t, "a look each minute", func() bool { c.move(time.Minute); return looks.Load() >= 3 })
		good := status(r, "watcher").LastGood
		until(t, "a later round that went well", func() bool { c.move(time.Minute); return !good.IsZero() && status(r, "watcher").LastGood.After(good) })
	})
}

// watcher is a processor without a cursor.
type watcher struct {
	name    string
	trigger func(cursor string) ([]pipeline.Item, string, error)
	process func(ctx context.Context, items []pipeline.Item) (catalog.Writes, error)
}

func (w *watcher) Name() string { return w.name }
func (w *watcher) Trigger(_ context.Context, cursor string) ([]pipeline.Item, string, error) {
	return w.trigger(cursor)
}
func (w *watcher) Process(ctx context.Context, items []pipeline.Item) (catalog.Writes, error) {
	return w.process(ctx, items)
}

// A trigger that returns the same again would be processed for ever.
func TestRepeated(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		var processed atomic.Int32
		r := start(t, db, newClock(), "a", &watcher{
			name:    "loop",
			trigger: func(string) ([]pipeline.Item, string, error) { return []pipeline.Item{{Key: "same"}}, "", nil },
			process: func(context.Context, []pipeline.Item) (catalog.Writes, error) {
				processed.Add(1)
				return catalog.Writes{}, nil
			},
		})
		until(t, "the item is parked", func() bool { return faultOf(t, db, "loop", "same").Parked })
		reaches(t, r, "loop", pipeline.Idle)
		if n := processed.Load(); n != 1 {
			t.Errorf("processed %d times, want 1", n)
		}
		if f := faultOf(t, db, "loop", "same"); f.Class != "repeated" || f.Error == "" {
			t.Errorf("fault %+v does not say why", f)
		}
	})
}

// A trigger that goes round parked records rests after each time.
func TestRoundOfParkedItems(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		var looks atomic.Int32
		r := start(t, db, newClock(), "a", &watcher{
			name: "round",
			trigger: func(cursor string) ([]pipeline.Item, string, error) {
				looks.Add(1)
				if cursor == "" {
					return []pipeline.Item{{Key: "1"}}, "1", nil
				}
				return []pipeline.Item{{Key: "2"}}, "", nil
			},
			process: func(context.Context, []pipeline.Item) (catalog.Writes, error) { return catalog.Writes{}, nil },
		})
		until(t, "both are parked", func() bool {
			return faultOf(t, db, "round", "1").Parked && faultOf(t, db, "round", "2").Parked
		})
		reaches(t, r, "round", pipeline.Idle)
		before := looks.Load()
		r.Wake("round")
		until(t, "another time round", func() bool { return looks.Load() >= before+1 })
		reaches(t, r, "round", pipeline.Idle)
		if n := looks.Load(); n > before+3 {
			t.Errorf("looked %d times after one ring", n-before)
		}
	})
}

func TestPoison(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s := newClock(), newStream(10, 10)
		s.set(func(_ context.Context, keys []string) error {
			if slices.Contains(keys, "5") {
				return errors.New("cannot digest 5")
			}
			return nil
		})
		r := start(t, db, c, "a", s)
		// Failed, and tried again at once.
		until(t, "the second try", func() bool { return faultOf(t, db, "stream", "5").Tries == 2 })
		if n := missing(t, db, 10); n != 1 || has(t, db, 5) {
			t.Errorf("%d items are missing, want only the bad one", n)
		}
		for i, minutes := range []int{1, 8, 27, 64} {
			due := faultOf(t, db, "stream", "5").NextAt
			if want := c.Now().Add(time.Duration(minutes) * time.Minute); due.Sub(want).Abs() > time.Minute {
				t.Errorf("after %d failures it is due at %v, want %v", i+2, due, want)
			}
			tryAgain(t, r, c, due)
			until(t, "the next try", func() bool { return faultOf(t, db, "stream", "5").Tries == i+3 })
		}
		if f := faultOf(t, db, "stream", "5"); !f.Parked || f.Error != "cannot digest 5" {
			t.Errorf("fault is %+v, want it parked", f)
		}
		// It is left alone now.
		calls := s.times("5")
		for range 3 {
			reaches(t, r, "stream", pipeline.Idle)
			run := status(r, "stream").LastRun
			until(t, "another round", func() bool { c.move(time.Hour); return status(r, "stream").LastRun.After(run) })
		}
		if s.times("5") != calls {
			t.Error("a parked item was tried again")
		}
		if got := status(r, "stream").Parked; got != 1 {
			t.Errorf("the status counts %d parked, want 1", got)
		}
	})
}

// tryAgain moves the clock to a moment just before a fault is due, where nothing
// may happen, and then there.
func tryAgain(t *testing.T, r *pipeline.Runner, c *clock, due time.Time) {
	t.Helper()
	reaches(t, r, "stream", pipeline.Idle)
	c.move(due.Sub(c.Now()))
	r.Wake("stream")
}

func TestItemRecovers(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		s, bad := newStream(10, 10), atomic.Bool{}
		bad.Store(true)
		s.set(func(_ context.Context, keys []string) error {
			if bad.Load() && slices.Contains(keys, "3") {
				return pipeline.ItemErrors{"3": errors.New("not yet")}
			}
			return nil
		})
		c := newClock()
		r := start(t, db, c, "a", s)
		until(t, "it failed twice", func() bool { return faultOf(t, db, "stream", "3").Tries == 2 })
		if s.times("4") != 1 {
			t.Error("a neighbour was processed again, although it was said which item failed")
		}
		bad.Store(false)
		tryAgain(t, r, c, faultOf(t, db, "stream", "3").NextAt)
		until(t, "the fault is cleared", func() bool { return faultOf(t, db, "stream", "3").Tries == 0 })
		if !has(t, db, 3) {
			t.Error("the fault is gone, and nothing was written")
		}
	})
}

func TestServiceDown(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s := newClock(), newStream(10, 4)
		s.set(func(_ context.Context, keys []string) error {
			return pipeline.Unavailable("kubo", errors.New("connection refused"))
		})
		r := start(t, db, c, "a", s)
		for range 12 {
			reaches(t, r, "stream", pipeline.Open)
			st := status(r, "stream")
			if wait := st.RetryAt.Sub(c.Now()); wait > 5*time.Minute {
				t.Fatalf("waits for %v", wait)
			}
			run := st.LastRun
			until(t, "another try", func() bool { c.move(time.Minute); return status(r, "stream").LastRun.After(run) })
		}
		for i := range 10 {
			if f := faultOf(t, db, "stream", fmt.Sprint(i)); f.Tries != 0 || f.Parked {
				t.Errorf("an item was blamed: %+v", f)
			}
		}
		s.set(nil)
		until(t, "all is processed", func() bool { c.move(time.Minute); return missing(t, db, 10) == 0 })
		until(t, "the circuit is closed", func() bool { return status(r, "stream").Error == "" })
	})
}

// Some items wait for a service: the cursor stays before them, and those that
// come again because of that are no repetition.
func TestServiceDownForSome(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s, down := newClock(), newStream(4, 4), atomic.Bool{}
		down.Store(true)
		s.set(func(_ context.Context, keys []string) error {
			if down.Load() && slices.Contains(keys, "2") {
				return pipeline.ItemErrors{"2": pipeline.Unavailable("disk", errors.New("gone")), "3": errors.New("bad")}
			}
			return nil
		})
		r := start(t, db, c, "a", s)
		reaches(t, r, "stream", pipeline.Open)
		if !has(t, db, 0) || status(r, "stream").Cursor != "" {
			t.Errorf("the others are not written, or the cursor moved to %q", status(r, "stream").Cursor)
		}
		down.Store(false)
		until(t, "all is processed", func() bool { c.move(time.Minute); return missing(t, db, 4) == 0 })
		until(t, "the cursor moves", func() bool { return status(r, "stream").Cursor == "4" })
		for _, key := range []string{"0", "1", "2", "3"} {
			if f := faultOf(t, db, "stream", key); f.Tries > 0 || f.Parked {
				t.Errorf("left behind: %+v", f)
			}
		}
	})
}

func TestPanicAndHangTouchNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, let := newClock(), make(chan struct{})
		panics, hangs, good := newStream(3, 3), newStream(3, 3), newStream(30, 3)
		panics.name, hangs.name = "panics", "hangs"
		panics.set(func(context.Context, []string) error { panic("boom") })
		hangs.set(func(context.Context, []string) error { <-let; return nil })
		r := start(t, db, c, "a", panics, hangs, good)
		until(t, "the good one is done", func() bool { return status(r, "stream").Processed == 30 })
		until(t, "the panic is a fault", func() bool { return faultOf(t, db, "panics", "0").Tries > 0 })
		if f := faultOf(t, db, "panics", "0"); f.Class != "panic" || !strings.Contains(f.Error, "boom") {
			t.Errorf("fault %+v does not tell of the panic", f)
		}
		until(t, "the hang is seen", func() bool { c.move(time.Minute); return status(r, "hangs").State == pipeline.Hung })
		if f := faultOf(t, db, "hangs", "0"); f.Tries != 0 {
			t.Errorf("an item was blamed for a hang: %+v", f)
		}
		close(let)
		until(t, "it goes on", func() bool { c.move(time.Minute); return status(r, "hangs").Processed == 3 })
	})
}

// A call that is told to stop because it takes too long fails its item.
func TestTimeout(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s := newClock(), newStream(1, 1)
		s.set(func(ctx context.Context, _ []string) error { <-ctx.Done(); return ctx.Err() })
		start(t, db, c, "a", s)
		until(t, "the fault", func() bool { c.move(10 * time.Second); return faultOf(t, db, "stream", "0").Tries > 0 })
	})
}

// failing is a store that can be told to fail.
type failing struct {
	pipeline.Store
	mu      sync.Mutex
	acquire func() error
	advance func(ctx context.Context, w catalog.Writes) error
	dead    bool     // it never hands back its lease
	moves   []string // successful, "from>to"
}

func (f *failing) Release(ctx context.Context, p, owner string) error {
	if f.dead {
		return errors.New("dead")
	}
	return f.Store.Release(ctx, p, owner)
}

func (f *failing) tell(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *failing) Acquire(ctx context.Context, p, owner string, now time.Time, lease time.Duration) (string, bool, error) {
	f.mu.Lock()
	fail := f.acquire
	f.mu.Unlock()
	if fail != nil {
		if err := fail(); err != nil {
			return "", false, err
		}
	}
	return f.Store.Acquire(ctx, p, owner, now, lease)
}

func (f *failing) Advance(ctx context.Context, p, owner, from, to string, now time.Time, w catalog.Writes) error {
	f.mu.Lock()
	fail := f.advance
	f.mu.Unlock()
	if fail != nil {
		if err := fail(ctx, w); err != nil {
			return err
		}
	}
	err := f.Store.Advance(ctx, p, owner, from, to, now, w)
	if err == nil && from != to {
		f.tell(func() { f.moves = append(f.moves, from+">"+to) })
	}
	return err
}

func TestCatalogDown(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s, down := newClock(), newStream(5, 5), atomic.Bool{}
		gone := func() error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return nil
		}
		down.Store(true)
		store := &failing{Store: db, acquire: gone, advance: func(context.Context, catalog.Writes) error { return gone() }}
		r := start(t, store, c, "a", s)
		reaches(t, r, "stream", pipeline.Open)
		s.set(func(context.Context, []string) error { down.Store(true); return nil })
		down.Store(false)
		// Now it goes down between Process and Advance.
		until(t, "the second outage", func() bool {
			c.move(time.Second)
			return s.times("0") > 0 && status(r, "stream").State == pipeline.Open
		})
		s.set(nil)
		down.Store(false)
		until(t, "all is processed", func() bool { c.move(time.Minute); return missing(t, db, 5) == 0 })
		if f := faultOf(t, db, "stream", "0"); f.Tries > 0 {
			t.Errorf("an item was blamed for the catalog: %+v", f)
		}
	})
}

// What the catalog refuses is found out item by item, too.
func TestRefusedWrite(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		store := &failing{Store: db, advance: func(_ context.Context, w catalog.Writes) error {
			if slices.ContainsFunc(w.Items, func(i catalog.Item) bool { return i.Content == hashOf(1) }) {
				return errors.New("constraint violated")
			}
			return nil
		}}
		r := start(t, store, newClock(), "a", newStream(3, 3))
		until(t, "the cursor moves", func() bool { return status(r, "stream").Cursor == "3" })
		if missing(t, db, 3) != 1 || faultOf(t, db, "stream", "1").Tries == 0 {
			t.Error("the neighbours are not written, or the fault is not")
		}
	})
}

// A scheduler dies after Process and before Advance.
func TestCrashBeforeAdvance(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s := newClock(), newStream(20, 10)
		arrived := make(chan struct{}, 1)
		dying := &failing{Store: db, dead: true, advance: func(ctx context.Context, _ catalog.Writes) error {
			arrived <- struct{}{}
			<-ctx.Done() // never to come back
			return ctx.Err()
		}}
		first := start(t, dying, c, "first", s)
		<-arrived
		first.Stop()
		if n := missing(t, db, 20); n != 20 {
			t.Fatalf("%d items were written without the cursor", 20-n)
		}
		second := start(t, db, c, "second", s)
		reaches(t, second, "stream", pipeline.Away)
		c.move(31 * time.Second) // its lease lapses
		second.Wake("stream")
		until(t, "all is processed", func() bool { return status(second, "stream").Processed == 20 })
		if n := missing(t, db, 20); n != 0 || s.times("0") != 2 || s.times("19") != 1 {
			t.Errorf("%d items missing, the first processed %d times, the last %d", n, s.times("0"), s.times("19"))
		}
	})
}

// A scheduler that was stopped for longer than its lease writes nothing.
func TestLateScheduler(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, slow, quick := newClock(), newStream(10, 10), newStream(10, 10)
		began, goOn := make(chan struct{}), make(chan struct{})
		slow.set(func(context.Context, []string) error { close(began); <-goOn; slow.set(nil); return nil })
		late := &failing{Store: db}
		start(t, late, c, "late", slow)
		<-began
		late.tell(func() { late.acquire = func() error { return errors.New("cut off") } })
		second := start(t, db, newClockAt(c.Now().Add(time.Hour)), "second", quick)
		until(t, "the second is through", func() bool { return status(second, "stream").Processed == 10 })
		late.tell(func() { late.acquire = nil })
		close(goOn)
		until(t, "the late one is refused", func() bool { return slow.times("0") == 1 })
		second.Stop()
		if len(late.moves) != 0 {
			t.Errorf("the late scheduler moved the cursor: %v", late.moves)
		}
	})
}

func newClockAt(now time.Time) *clock { return &clock{now: now} }

// Two schedulers at once: their commits make one chain without a fork, and
// nothing is left out.
func TestTwoRunners(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		const size = 200
		c, s := newClock(), newStream(size, 5)
		store := &failing{Store: db}
		a, b := start(t, store, c, "a", s), start(t, store, c, "b", s)
		looks := 0
		until(t, "all is processed", func() bool {
			if looks++; looks%20 == 0 {
				c.move(20 * time.Second) // leases lapse amid the work
				a.Wake("stream")
				b.Wake("stream")
			}
			return len(chain(store)) == size/5
		})
		a.Stop()
		b.Stop()
		at := "" // the moves are noted after their commit, by two: order them
		next := chain(store)
		for range size / 5 {
			at = next[at]
		}
		if at != fmt.Sprint(size) || missing(t, db, size) != 0 || len(store.moves) != size/5 {
			t.Errorf("the commits are no chain: %v", store.moves)
		}
	})
}

func chain(f *failing) map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := make(map[string]string)
	for _, move := range f.moves {
		from, to, _ := strings.Cut(move, ">")
		next[from] = to
	}
	return next
}

// told is a stream that is told its committed cursor.
type told struct {
	*stream
	mu   sync.Mutex
	got  []string
	fail bool
}

func (p *told) Committed(_ context.Context, cursor string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, cursor)
	if p.fail {
		return pipeline.Unavailable("redis", errors.New("refused"))
	}
	return nil
}

func (p *told) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.got) == 0 {
		return "none"
	}
	return p.got[len(p.got)-1]
}

func TestCommitted(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, p := newClock(), &told{stream: newStream(10, 5)}
		first := start(t, db, c, "a", p)
		until(t, "it is told", func() bool { return p.last() == "10" })
		first.Stop()
		// Who takes over tells again, and goes on only when that worked.
		p.mu.Lock()
		p.fail, p.got, p.size = true, nil, 15
		p.mu.Unlock()
		second := start(t, db, c, "b", p)
		reaches(t, second, "stream", pipeline.Open)
		if p.last() != "10" || has(t, db, 14) {
			t.Errorf("told %q", p.last())
		}
		p.mu.Lock()
		p.fail = false
		p.mu.Unlock()
		until(t, "it is told", func() bool { c.move(time.Minute); return p.last() == "15" })
	})
}

func TestStopHandsOver(t *testing.T) {
	each(t, func(t *testing.T, db *catalog.DB) {
		c, s := newClock(), newStream(5, 5)
		first := start(t, db, c, "a", s)
		until(t, "processed", func() bool { return status(first, "stream").Processed == 5 })
		if err := first.Start(t.Context()); err == nil {
			t.Error("started twice")
		}
		first.Stop()
		first.Stop()
		reaches(t, first, "stream", pipeline.Stopped)
		second := start(t, db, c, "b", newStream(8, 5)) // the clock stands still
		until(t, "the rest is processed", func() bool { return status(second, "stream").Processed == 3 })
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	two := []pipeline.Duty{{Processor: newStream(1, 1)}, {Processor: newStream(1, 1)}}
	if _, err := pipeline.New(nil, two, pipeline.Options{Owner: "a"}); err == nil {
		t.Error("two processors of one name are accepted")
	}
	if _, err := pipeline.New(nil, nil, pipeline.Options{}); err == nil {
		t.Error("a runner without an owner is accepted")
	}
	r, err := pipeline.New(nil, nil, pipeline.Options{Owner: "a"})
	if err != nil {
		t.Fatal(err)
	}
	r.Stop() // before Start
}
