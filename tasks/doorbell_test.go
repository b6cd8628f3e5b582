package tasks_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/servicetest"
	"github.com/artdag/artdag/tasks"
)

// rounds notes what a server of asynq does: the queues that it asks Redis for,
// and "end" when it has asked all of them. It is a hook of its client and its
// log.
type rounds struct {
	asynq.Logger
	mu     sync.Mutex
	events []string
}

func (r *rounds) note(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

// since returns what came after the first n events.
func (r *rounds) since(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events[n:])
}

func (r *rounds) Debug(args ...any) {
	if text, _ := args[0].(string); text == "All queues are empty" {
		r.note("end")
	}
}

func (*rounds) Info(...any)  {}
func (*rounds) Warn(...any)  {}
func (*rounds) Error(...any) {}

func (r *rounds) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if args := cmd.Args(); len(args) > 4 && strings.HasPrefix(cmd.Name(), "eval") {
			pending, _ := args[3].(string)
			if paused, _ := args[4].(string); strings.HasSuffix(paused, ":paused") {
				r.note(strings.TrimSuffix(pending, ":pending"))
			}
		}
		return next(ctx, cmd)
	}
}

func (*rounds) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (*rounds) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// rungServer is a server of asynq with three queues behind a doorbell.
func rungServer(t *testing.T) (*tasks.Doorbell, *rounds, *asynq.Client, chan string) {
	t.Helper()
	options, err := redis.ParseURL(servicetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client, other := redis.NewClient(options), redis.NewClient(options)
	bell, seen, did := tasks.NewDoorbell(3, time.Hour), &rounds{}, make(chan string, 100)
	client.AddHook(bell)
	client.AddHook(seen) // behind the bell: what passes it
	server := asynq.NewServerFromRedisClient(client, asynq.Config{
		Concurrency: 1, Queues: map[string]int{"high": 6, "default": 3, "low": 1}, Logger: seen, LogLevel: asynq.DebugLevel,
		TaskCheckInterval: time.Millisecond, DelayedTaskCheckInterval: 100 * time.Millisecond,
	})
	if err := server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error { did <- task.Type(); return nil })); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		bell.Close()
		server.Shutdown()
		client.Close()
		other.Close()
	})
	return bell, seen, asynq.NewClientFromRedisClient(other), did
}

// Each ring is one round through all queues, also after one that a task ended: no
// task is waited for by the sleep between two rounds, and Redis is asked no more.
func TestRingIsOneRound(t *testing.T) {
	t.Parallel()
	bell, seen, client, did := rungServer(t)
	for _, queue := range []string{"high", "default", "low", "default", "low", "high"} {
		if _, err := client.Enqueue(asynq.NewTask("step", nil), asynq.Queue(queue)); err != nil {
			t.Fatal(err)
		}
		bell.Ring()
		<-did
		n := seen.quiet()
		bell.Ring()
		for deadline := time.Now().Add(20 * time.Second); len(seen.since(n)) < 3 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		seen.quiet()
		got := append(seen.since(n), "", "", "")
		if slices.Sort(got[:3]); !slices.Equal(got[:3], []string{"asynq:{default}", "asynq:{high}", "asynq:{low}"}) || slices.ContainsFunc(got[3:], asks) {
			t.Fatalf("after a task in %s and another ring came %q, want the three queues once", queue, got)
		}
	}
}

func asks(event string) bool { return event != "end" && event != "" }

// quiet waits until nothing has happened for a while, and returns how much has.
func (r *rounds) quiet() int {
	n := -1
	for n != len(r.since(0)) {
		n = len(r.since(0))
		time.Sleep(100 * time.Millisecond)
	}
	return n
}

// A delayed task is taken when it is due, though nobody rings then.
func TestDelayedTaskIsTakenWhenItIsDue(t *testing.T) {
	t.Parallel()
	bell, _, client, did := rungServer(t)
	bell.Delayed(time.Second)
	if _, err := client.Enqueue(asynq.NewTask("late", nil), asynq.Queue("low"), asynq.ProcessIn(time.Second)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-did:
	case <-time.After(20 * time.Second): // the bell itself rings after an hour
		t.Error("it was not taken")
	}
}
