package farm_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// Redis may forget everything while a job goes on: what runs is adopted, what is
// done is not done again.
func TestRedisForgets(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string]func(*testing.T, *servicetest.RedisServer){
		"FLUSHALL": func(t *testing.T, r *servicetest.RedisServer) {
			c := redis.NewClient(&redis.Options{Addr: r.Addr()})
			defer c.Close()
			if err := c.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		},
		"killed and restarted empty": func(t *testing.T, r *servicetest.RedisServer) {
			r.Kill()
			r.Start()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := servicetest.NewRedis(t)
			f := farmtest.New(t, farmtest.On{Redis: r.URL()})
			f.Scheduler()
			f.Worker("--slots", "2")
			f.Worker("--slots", "2")
			job := f.Submit(lines(4, 3, 3))
			second(t, f, job.ID)
			forget(t, r)
			whole(t, f.Completed(job.ID, 30*time.Second+15*time.Second), linesMake(4, 3))
			once(t, f, 13, nil)
			for _, w := range f.Workers {
				if w.Says("claim is lost")+w.Says("came too late") > 0 {
					t.Errorf("%s lost a step", w.ID)
				}
			}
		})
	}
}

// second waits until some second step of a line runs and its first is done.
func second(t *testing.T, f *farmtest.Farm, job string) {
	t.Helper()
	farmtest.Until(t, time.Minute, "a second step runs", func() error {
		if got := f.Executions(); got["s0-1"]+got["s1-1"]+got["s2-1"]+got["s3-1"] == 0 {
			return fmt.Errorf("executed: %v", got)
		}
		return nil
	})
}

// While Redis is out of reach what runs goes on, however long; when it is back,
// nothing is lost and nothing done twice.
func TestRedisOutOfReach(t *testing.T) {
	t.Parallel()
	r := servicetest.NewRedis(t)
	road := servicetest.NewProxy(t, r.Addr())
	f := farmtest.New(t, farmtest.On{Redis: "redis://" + road.Addr() + "/0"})
	f.Scheduler()
	f.Worker("--slots", "2")
	f.Worker("--slots", "2")
	short, long := f.Submit(lines(2, 2, 5)), f.Submit(lines(2, 1, 45))
	for _, step := range []string{"s0-0", "s1-0"} {
		f.Running(short.ID, step)
		f.Running(long.ID, step)
	}
	road.Cut()
	cut := time.Now()
	impatient := f.ClientWith(client.Options{Patience: -1})
	farmtest.Until(t, 10*time.Second, "the API says that Redis is away", func() error {
		if _, err := impatient.Workers(t.Context()); !errors.Is(err, api.ErrUnavailable) {
			return fmt.Errorf("it says %v", err)
		}
		return nil
	})
	// The outage is what is tested: longer than a lease, and than asynq's
	// patience of 37 s.
	farmtest.Until(t, time.Minute, "the outage is over", func() error {
		if time.Since(cut) < 40*time.Second {
			return fmt.Errorf("it goes on")
		}
		return nil
	})
	road.Restore()
	whole(t, f.Completed(short.ID, time.Minute), linesMake(2, 2))
	whole(t, f.Completed(long.ID, time.Minute), linesMake(2, 1))
	got := f.Executions()
	want := map[string]int{"s0-0": 2, "s1-0": 2, "s0-1": 1, "s1-1": 1, "all": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("executions (-want +got):\n%s", diff)
	}
}
