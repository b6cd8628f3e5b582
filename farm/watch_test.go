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

// Streams are not read while nobody watches. Who joins, whenever that is, misses
// nothing of what comes after.
func TestWhoJoinsMissesNothing(t *testing.T) {
	t.Parallel()
	where, err := ParseRedis(servicetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client := where.Open(0)
	defer client.Close()
	claims, err := claim.New(client, where.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	var woken atomic.Int64
	h := newHub(claims, nil)
	h.completed, h.pace = func() { woken.Add(1) }, 0
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { h.run(ctx); close(ended) }()
	defer func() { stop(); <-ended }()

	at := 0
	done := func() {
		at++
		err := client.XAdd(ctx, &redis.XAddArgs{Stream: where.Prefix.Key("done"), Values: []string{"jobs", "job", "st", string(claim.HasFailed), "msg", fmt.Sprint(at)}}).Err()
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 300 {
		for range 5 { // nobody watches
			done()
		}
		w, joined := h.join("job"), at
		for range 5 {
			done()
		}
		for next := joined + 1; next <= at; {
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
		h.leave(w)
	}
	if woken.Load() == 0 {
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
