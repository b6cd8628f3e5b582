package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.uber.org/goleak"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/lua"
	"github.com/artdag/artdag/servicetest"
	"github.com/artdag/artdag/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a queue on a Redis of its own database, with one job.
type rig struct {
	t     *testing.T
	open  tasks.OpenServerClient
	store *claim.Store
	queue *tasks.Queue
}

func newRig(t *testing.T) *rig {
	t.Helper()
	options, err := redis.ParseURL(servicetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	// Channels are common to all databases of a server: a prefix tells the
	// tests apart.
	store, err := claim.New(client, lua.Prefix(fmt.Sprintf("%s-%d:", t.Name(), options.DB)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Begin(t.Context(), "", 0, ""); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: store, queue: tasks.NewQueue(store), open: func() (redis.UniversalClient, error) {
		copied := *options
		return redis.NewClient(&copied), nil
	}}
	dispatcher := &tasks.Dispatcher{
		Queue: r.queue, Classes: []string{"cpu"}, Log: silent(), Finished: func() {}, Reopened: func() {}, Epoch: func() {},
	}
	if err := dispatcher.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dispatcher.Stop)
	return r
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// performer is what steps do in these tests.
type performer func(context.Context, tasks.Assignment) (tasks.Made, error)

func (p performer) Perform(ctx context.Context, a tasks.Assignment) (tasks.Made, error) {
	return p(ctx, a)
}

// made is a result that depends on what was done with which bytes.
func made(a tasks.Assignment) tasks.Made {
	return tasks.Made{Content: dag.HashContent([]byte(a.Resolved.String())), Size: 1, Executed: true}
}

func (r *rig) worker(id string, p performer, change func(*tasks.Worker)) *tasks.Worker {
	r.t.Helper()
	journal, err := tasks.OpenJournal(r.t.TempDir())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { journal.Close() })
	own, err := claim.New(r.store.Redis, r.store.Prefix)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := own.Refresh(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	w := &tasks.Worker{
		Claims: own, Identity: claim.Worker{ID: id, Holder: id}, Classes: []string{"cpu"}, Slots: 2, Performer: p, Journal: journal, Log: silent(),
		Grace: time.Minute,
	}
	if change != nil {
		change(w)
	}
	if err := w.Start(r.t.Context(), r.open); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(w.Stop)
	return w
}

func step(name string, inputs ...claim.Spec) claim.Spec {
	s := claim.Spec{Type: "TEST@1", Config: json.RawMessage(`{"name":"` + name + `"}`), Label: name, Slots: 1, Class: "cpu"}
	for _, in := range inputs {
		s.Inputs = append(s.Inputs, dag.StepInput(in.ID, ""))
	}
	s.ID = dag.StepID(s.Type, s.Config, s.Inputs, "")
	return s
}

func (r *rig) submit(job string, steps ...claim.Spec) {
	r.t.Helper()
	ctx := r.t.Context()
	if err := r.store.Enlist(ctx, job, dag.RunID{1}, claim.Default, claim.Active); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.store.Submit(ctx, job, steps); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.store.Seal(ctx, job); err != nil {
		r.t.Fatal(err)
	}
}

// await polls until a job has no open step.
func (r *rig) await(job string) claim.JobCounts {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		counts, err := r.store.Job(r.t.Context(), job)
		if err != nil {
			r.t.Fatal(err)
		}
		if counts.Open == 0 {
			return counts
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("job %s did not end: %+v", job, counts)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestChainOfSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var ran sync.Map
	r.worker("w1", func(_ context.Context, a tasks.Assignment) (tasks.Made, error) {
		if _, again := ran.LoadOrStore(a.Spec.Label, true); again {
			t.Errorf("%s ran twice", a.Spec.Label)
		}
		return made(a), nil
	}, nil)
	steps := []claim.Spec{step("0")}
	for n := 1; n < 100; n++ {
		steps = append(steps, step(fmt.Sprint(n), steps[n-1]))
	}
	r.submit("chain", steps...)
	if got := r.await("chain"); got.Executed != 100 {
		t.Errorf("counts: %+v", got)
	}
}

func TestRetriesThenFails(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var tries atomic.Int32
	r.worker("w1", func(_ context.Context, a tasks.Assignment) (tasks.Made, error) {
		switch a.Spec.Label {
		case "flaky":
			if tries.Add(1) == 1 {
				return tasks.Made{}, errors.New("the tool had a bad day")
			}
		case "wrong":
			return tasks.Made{}, executor.Invalid("the input is no film")
		}
		return made(a), nil
	}, nil)
	flaky, wrong := step("flaky"), step("wrong")
	r.submit("job", flaky, wrong, step("behind wrong", wrong), step("behind flaky", flaky))
	got := r.await("job")
	if got.Executed != 2 || got.Failed != 1 || got.Skipped != 1 {
		t.Errorf("counts: %+v", got)
	}
	states, err := r.store.Steps(t.Context(), []dag.CacheID{flaky.ID, wrong.ID})
	if err != nil || states[0].Attempts != 1 || states[1].Message != "the input is no film" {
		t.Errorf("states %+v, %v", states, err)
	}
}

func TestGoneInputIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	source := step("source")
	consumer := step("consumer", source)
	var produced, consumed atomic.Int32
	r.worker("w1", func(_ context.Context, a tasks.Assignment) (tasks.Made, error) {
		if a.Spec.Label == "source" {
			produced.Add(1)
			return made(a), nil
		}
		if consumed.Add(1) == 1 {
			return tasks.Made{}, &tasks.GoneError{Missing: []claim.Missing{{Producer: source.ID, Content: a.Contents[0]}}}
		}
		return made(a), nil
	}, nil)
	r.submit("job", source, consumer)
	deadline := time.Now().Add(time.Minute)
	for produced.Load() < 2 && time.Now().Before(deadline) {
		gone, err := r.store.Reopened(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(gone) > 0 { // what the scheduler does
			r.submit("job", source)
		}
		time.Sleep(5 * time.Millisecond)
	}
	r.await("job")
	if produced.Load() != 2 || consumed.Load() != 2 {
		t.Errorf("produced %d times, consumed %d", produced.Load(), consumed.Load())
	}
}

func TestDrainHandsBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	started := make(chan struct{})
	slow := func(ctx context.Context, a tasks.Assignment) (tasks.Made, error) {
		close(started)
		<-ctx.Done() // and only then the step is gone
		return tasks.Made{}, context.Cause(ctx)
	}
	first := r.worker("w1", slow, func(w *tasks.Worker) { w.Grace = 0 })
	r.submit("job", step("long"))
	<-started
	first.Stop()
	r.worker("w2", func(_ context.Context, a tasks.Assignment) (tasks.Made, error) { return made(a), nil }, nil)
	if got := r.await("job"); got.Executed != 1 {
		t.Errorf("counts: %+v", got)
	}
}

func TestCancelStopsWithinAHeartbeat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	started, ended := make(chan struct{}), make(chan error, 1)
	r.worker("w1", func(ctx context.Context, a tasks.Assignment) (tasks.Made, error) {
		close(started)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return tasks.Made{}, context.Cause(ctx)
	}, nil)
	long := step("long")
	r.submit("job", long)
	<-started
	if err := r.store.Steer(t.Context(), "job", claim.Cancelled, "", []string{"cpu"}); err != nil {
		t.Fatal(err)
	}
	if err := r.store.Forget(t.Context(), "job", []dag.CacheID{long.ID}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, claim.ErrCancelled) {
			t.Errorf("the step ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the step went on")
	}
}

func TestHostilePayloadsAreArchived(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.worker("w1", func(_ context.Context, a tasks.Assignment) (tasks.Made, error) { return made(a), nil }, nil)
	for id, task := range map[string]*asynq.Task{
		"malformed": asynq.NewTask(tasks.TypeStep, []byte(`{"id":`)),
		"newer":     asynq.NewTask(tasks.TypeStep, []byte(`{"v":99,"id":"`+step("x").ID.String()+`","e":"e","r":1,"s":1}`)),
		"unknown":   asynq.NewTask("dance", mustJSON(t, tasks.Payload{Version: 1, ID: step("x").ID, Epoch: "e", Release: 1, Slots: 1})),
		"empty":     asynq.NewTask(tasks.TypeStep, nil),
	} {
		if _, err := r.queue.Client.Enqueue(task, asynq.Queue("default-cpu"), asynq.TaskID(id), asynq.MaxRetry(0)); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(time.Minute)
	for _, id := range []string{"malformed", "newer", "unknown", "empty"} {
		for {
			info, err := r.queue.Inspector.GetTaskInfo("default-cpu", id)
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			if info.State == asynq.TaskStateArchived {
				if info.LastErr == "" {
					t.Errorf("%s is archived without a reason", id)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is %s", id, info.State)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	r.submit("job", step("the worker lives"))
	r.await("job")
}

func mustJSON(t *testing.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFlushWhileRunning(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var runs atomic.Int32
	started, goOn := make(chan struct{}, 10), make(chan struct{})
	r.worker("w1", func(ctx context.Context, a tasks.Assignment) (tasks.Made, error) {
		runs.Add(1)
		started <- struct{}{}
		if a.Spec.Label == "slow" {
			select {
			case <-goOn:
			case <-ctx.Done():
				return tasks.Made{}, context.Cause(ctx)
			}
		}
		return made(a), nil
	}, nil)
	quick, slow := step("quick"), step("slow")
	r.submit("job", quick, slow)
	<-started
	<-started
	for { // quick is done
		states, err := r.store.Steps(t.Context(), []dag.CacheID{quick.ID})
		if err != nil {
			t.Fatal(err)
		}
		if states[0].State == claim.Done {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	ctx := t.Context()
	if err := r.store.Redis.FlushDB(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.store.Begin(ctx, "", 20*time.Second, ""); err != nil { // longer than a heartbeat
		t.Fatal(err)
	}
	r.submit("job", quick, slow)
	for { // the worker reported the one and adopted the other
		states, err := r.store.Steps(ctx, []dag.CacheID{quick.ID, slow.ID})
		if err != nil {
			t.Fatal(err)
		}
		if states[0].State == claim.Done && states[1].State == claim.Running {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	close(goOn)
	r.await("job")
	if runs.Load() != 2 {
		t.Errorf("%d executions, want 2", runs.Load())
	}
}

func TestSizesOfQueues(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, delay := range []time.Duration{0, 0, 0, time.Hour} {
		step := claim.Released{ID: dag.CacheID{byte(i + 1)}, Release: 1, Slots: 1, Class: "gpu", Priority: claim.High}
		if err := r.queue.Put(t.Context(), []claim.Released{step}, delay); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.queue.Sizes([]string{"cpu", "gpu"})
	if err != nil || len(got) != 6 {
		t.Fatalf("sizes are %+v, %v; want those of six queues", got, err)
	}
	for _, size := range got {
		full := size.Queue == tasks.QueueName(claim.High, "gpu")
		if full && (size.Pending != 3 || size.Scheduled != 1 || size.Latency <= 0) || !full && size != (tasks.Size{Queue: size.Queue}) {
			t.Errorf("queue %+v", size)
		}
	}
}
