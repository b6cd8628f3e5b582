package farm

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/servicetest"
)

// streams are those of a farm that a hub reads without a pause until the test
// ends. woken counts how often it said that steps have ended, and seen is what
// the stream ended with when it said so last.
type streams struct {
	*hub
	t     *testing.T
	at    int    // messages so far
	last  string // id of the last
	woken atomic.Int64
	seen  atomic.Value
}

func newStreams(t *testing.T) *streams {
	where, err := ParseRedis(servicetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client := where.Open(0)
	claims, err := claim.New(client, where.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	s := &streams{hub: newHub(claims, nil), t: t}
	ctx, stop := context.WithCancel(context.Background())
	s.pace = 0
	s.completed = func() {
		s.woken.Add(1)
		s.seen.Store(s.end(ctx).done)
	}
	ended := make(chan struct{})
	go func() { s.run(ctx); close(ended) }()
	t.Cleanup(func() {
		stop()
		<-ended
		client.Close()
	})
	// The hub begins where the stream ends when it looks first: of what came before,
	// nobody is told.
	for deadline := time.Now().Add(time.Minute); s.seen.Load() == nil; time.Sleep(time.Millisecond) {
		if s.done(); time.Now().After(deadline) {
			t.Fatal("the hub does not begin")
		}
	}
	return s
}

// done adds the next message.
func (s *streams) done() {
	s.t.Helper()
	s.at++
	var err error
	s.last, err = s.claims.Redis.XAdd(s.t.Context(), &redis.XAddArgs{
		Stream: s.claims.Prefix.Key("done"), Values: []string{"jobs", "job", "st", string(claim.HasFailed), "msg", fmt.Sprint(s.at)},
	}).Result()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Streams are not read while nobody watches. Who joins, whenever that is, misses
// nothing of what comes after.
func TestWhoJoinsMissesNothing(t *testing.T) {
	t.Parallel()
	s := newStreams(t)
	for range 300 {
		for range 5 { // nobody watches
			s.done()
		}
		w, joined := s.join("job"), s.at
		for range 5 {
			s.done()
		}
		for next := joined + 1; next <= s.at; {
			e := received(t, w)
			var n int
			if _, err := fmt.Sscan(e.Message, &n); err != nil {
				t.Fatal(err)
			}
			if n > joined && n != next {
				t.Fatalf("who joined after %d was told of %d, want %d", joined, n, next)
			} else if n > joined {
				next++
			}
		}
		s.leave(w)
	}
	if s.woken.Load() == 0 {
		t.Error("nobody was told that steps have ended")
	}
}

func received(t *testing.T, w *watcher) api.Event {
	t.Helper()
	select {
	case e := <-w.events:
		return e
	case <-time.After(time.Minute):
		t.Fatal("who watches was told nothing for a minute")
	}
	return api.Event{}
}

// While nobody watches, messages are skipped; but not before it was said, after
// they came, that steps have ended.
func TestWhatIsSkippedIsSaid(t *testing.T) {
	t.Parallel()
	s := newStreams(t)
	for range 1000 {
		for range 3 {
			s.done()
		}
		for deadline := time.Now().Add(time.Minute); s.seen.Load() != s.last; time.Sleep(100 * time.Microsecond) {
			if time.Now().After(deadline) {
				t.Fatalf("of %s nobody was told for a minute", s.last)
			}
		}
	}
}
