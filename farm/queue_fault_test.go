package farm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
	"github.com/artdag/artdag/tasks"
)

// What a worker cannot read it puts aside, with the reason, and lives.
func TestQueueHoldsNonsense(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	w := f.Worker("--slots", "1")
	pid := w.Pid()
	where, err := farm.ParseRedis(f.Redis)
	if err != nil {
		t.Fatal(err)
	}
	redis := where.Open(0)
	t.Cleanup(func() { redis.Close() })
	queue := asynq.NewClientFromRedisClient(redis)
	id := dag.HashContent([]byte("any")).String()
	tests := []struct{ name, typ, payload, want string }{
		{"no JSON", tasks.TypeStep, "{{{", "malformed payload"},
		{"no release", tasks.TypeStep, `{"v":1,"id":"` + id + `"}`, "names no release"},
		{"newer", tasks.TypeStep, `{"v":99,"id":"` + id + `","e":"e","r":1,"s":1}`, "update the worker"},
		{"no such task", "dance", `{"v":1,"id":"` + id + `","e":"e","r":1,"s":1}`, `no task type "dance"`},
	}
	for _, test := range tests {
		_, err := queue.EnqueueContext(t.Context(), asynq.NewTask(test.typ, []byte(test.payload)),
			asynq.Queue(tasks.QueueName(claim.Default, "cpu")), asynq.TaskID(test.name), asynq.MaxRetry(0))
		if err != nil {
			t.Fatal(err)
		}
	}
	unknown := unknownStep(t, where)
	inspector := asynq.NewInspectorFromRedisClient(redis)
	archived := func(id, want string) {
		t.Helper()
		farmtest.Until(t, 30*time.Second, id+" is archived", func() error {
			info, err := inspector.GetTaskInfo(tasks.QueueName(claim.Default, "cpu"), id)
			switch {
			case err != nil:
				return err
			case info.State != asynq.TaskStateArchived:
				return fmt.Errorf("it is %s", info.State)
			case !strings.Contains(info.LastErr, want):
				t.Fatalf("%s is archived with %q, want %q in it", id, info.LastErr, want)
			}
			return nil
		})
	}
	for _, test := range tests {
		archived(test.name, test.want)
	}
	archived(unknown, "NOSUCH")
	whole(t, f.Completed(f.Submit(lines(1, 1, 0)).ID, time.Minute), linesMake(1, 1))
	if w.Pid() != pid || w.Says("panic") > 0 {
		t.Errorf("the worker did not live through it")
	}
}

// unknownStep releases a step of a type that no worker knows, as a scheduler
// newer than its workers would, and returns the id of its task.
func unknownStep(t *testing.T, where farm.Redis) string {
	t.Helper()
	client := where.Open(0)
	t.Cleanup(func() { client.Close() })
	store, err := claim.New(client, where.Prefix)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := store.Refresh(t.Context())
	id := dag.CacheID(dag.HashContent([]byte("unknown")))
	spec := claim.Spec{ID: id, Type: "NOSUCH@7", Config: []byte("{}"), Slots: 1, Class: "cpu", Label: "unknown"}
	const job = "01KAM0000000000000000000XX"
	enlisted := store.Enlist(t.Context(), job, dag.RunID{}, claim.Default, claim.Active)
	_, submitted := store.Submit(t.Context(), job, []claim.Spec{spec})
	if err := errors.Join(err, enlisted, submitted); err != nil {
		t.Fatal(err)
	}
	return tasks.TaskID(id, epoch, 1)
}
