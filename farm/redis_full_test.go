package farm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// limit sets how much a Redis may hold: what it holds now and so much more; 0
// is no limit.
func limit(t *testing.T, r *servicetest.RedisServer, more int64) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: r.Addr()})
	defer c.Close()
	most := int64(0)
	if more != 0 {
		text, err := c.Info(t.Context(), "memory").Result()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			if _, err := fmt.Sscanf(line, "used_memory:%d", &most); err == nil {
				break
			}
		}
		most = max(most+more, 1)
	}
	if err := c.ConfigSet(t.Context(), "maxmemory", fmt.Sprint(most)).Err(); err != nil {
		t.Fatal(err)
	}
}

// A Redis that refuses every write that needs memory takes no new work, and
// everybody is told why; what runs keeps its claims, ends and is recorded. With
// more memory everything goes on.
func TestRedisFull(t *testing.T) {
	t.Parallel()
	r := servicetest.NewRedis(t)
	f := farmtest.New(t, farmtest.On{Redis: r.URL()})
	f.Scheduler()
	f.Worker("--slots", "2")
	job := f.Submit(lines(2, 1, 35)) // longer than two leases
	f.Running(job.ID, "s0-0")
	f.Running(job.ID, "s1-0")
	limit(t, r, -512<<10)
	later := f.Submit(lines(1, 2, 0.1))
	impatient := f.ClientWith(client.Options{Patience: -1})
	farmtest.Until(t, 15*time.Second, "the job that waits says why", func() error {
		now, err := impatient.Job(t.Context(), later.ID)
		if err != nil || now.Status != catalog.Queued || !strings.Contains(now.Missing, "Redis is full: it has used") {
			return fmt.Errorf("%s %q %v", now.Status, now.Missing, err)
		}
		return nil
	})
	if checks := ready(t, impatient); !strings.Contains(checks["redis"], "Redis is full") {
		t.Errorf("readiness of a farm with a full Redis: %v", checks)
	}
	farmtest.Until(t, time.Minute, "the steps that run are done while Redis is full", func() error {
		now, err := impatient.Job(t.Context(), job.ID)
		if err != nil || now.Steps.Executed < 2 {
			return fmt.Errorf("%+v, %v", now.Steps, err)
		}
		return nil
	})
	limit(t, r, 0)
	whole(t, f.Completed(job.ID, time.Minute), linesMake(2, 1))
	whole(t, f.Completed(later.ID, time.Minute), linesMake(1, 2))
	for _, w := range f.Workers {
		if w.Says("claim is lost")+w.Says("came too late") > 0 {
			t.Errorf("%s lost a step", w.ID)
		}
	}
	want := map[string]int{"s0-0": 2, "s1-0": 1, "s0-1": 1, "all": 2}
	for label, n := range f.Executions() {
		if n != want[label] {
			t.Errorf("%s was executed %d times, want %d", label, n, want[label])
		}
	}
}

// A job that Redis has no room for waits, says so, and leaves room for what is
// there; with more memory it is done.
func TestJobThatRedisHasNoRoomFor(t *testing.T) {
	t.Parallel()
	r := servicetest.NewRedis(t)
	f := farmtest.New(t, farmtest.On{Redis: r.URL()})
	f.Scheduler()
	f.Worker("--slots", "2")
	small := f.Submit(lines(2, 4, 4))
	f.Running(small.ID, "s0-0")
	limit(t, r, 3<<20)
	const steps = 1500
	large := f.Submit(fmt.Sprintf(`
name: large
nodes:
  - {id: part, for_each: "range(0, %d)", type: COMMAND, config: {argv: [sh, -c, 'echo $1 > "$0"', "{out}", "n${item}", "%s"]}}
  - {id: sum, type: COMMAND, config: {argv: [sh, -c, 'echo done > "$0"', "{out}"]}, inputs: [part]}
outputs: [sum]
`, steps, strings.Repeat("x", 3500)))
	farmtest.Until(t, time.Minute, "the large job says why it waits", func() error {
		now, err := f.Client.Job(t.Context(), large.ID)
		if err != nil || !strings.Contains(now.Missing, "Redis is full") {
			return fmt.Errorf("%s %q %+v %s %v", now.Status, now.Missing, now.Steps, now.Error, err)
		}
		return nil
	})
	whole(t, f.Completed(small.ID, 3*time.Minute), linesMake(2, 4))
	limit(t, r, 0)
	farmtest.Until(t, time.Minute, "the large job goes on", func() error {
		now, err := f.Client.Job(t.Context(), large.ID)
		if err != nil || now.Missing != "" || now.Steps.Executed < 20 || now.Steps.Failed > 0 {
			return fmt.Errorf("%s %q %+v %s %v", now.Status, now.Missing, now.Steps, now.Error, err)
		}
		return nil
	})
	if _, err := f.Client.Cancel(t.Context(), large.ID); err != nil && !errors.Is(err, api.ErrUnavailable) {
		t.Error(err)
	}
}
