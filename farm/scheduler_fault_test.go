package farm_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// While there is no scheduler, what is released goes on; when one is back, so
// does the rest.
func TestSchedulerKilled(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	scheduler := f.Scheduler()
	f.Worker("--slots", "2")
	f.Worker("--slots", "2")
	job := f.Submit(lines(4, 3, 1.5))
	second(t, f, job.ID)
	scheduler.Kill()
	before := f.Executions()
	farmtest.Until(t, 3*time.Minute, "steps go on without a scheduler", func() error {
		if now := f.Executions(); len(now) == len(before) && len(now) < 12 {
			return fmt.Errorf("executed: %v", now)
		}
		return nil
	})
	scheduler.Start()
	whole(t, f.Completed(job.ID, 3*time.Minute), linesMake(4, 3))
	once(t, f, 13, nil)
}

// Two schedulers do the same idempotent things; one takes up what the other
// leaves.
func TestTwoSchedulers(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	f.Worker("--slots", "2")
	f.Worker("--slots", "2")
	other := f.Beside()
	killed := other.Scheduler()
	// They share their lines, and join different ones.
	jobs := []api.Job{f.Submit(lines(2, 3, 1)), other.Submit(lines(3, 3, 1)), f.Submit(lines(4, 3, 1)), other.Submit(lines(4, 3, 1))}
	second(t, f, jobs[0].ID)
	killed.Kill()
	for i, job := range jobs {
		whole(t, f.Completed(job.ID, 3*time.Minute), linesMake(min(i+2, 4), 3))
	}
	once(t, f, 13, map[string]int{"all": 2})
}

// Many people may ask for the same at once: it is done once. That one of them
// takes it back is no matter to the others.
func TestManyAskForOneRun(t *testing.T) {
	t.Parallel()
	const people = 200
	var tokens []string
	for n := range people {
		tokens = append(tokens, fmt.Sprintf("user%d=%s%d", n, token, n))
	}
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler("--tokens", strings.Join(tokens, ","))
	f.Worker("--slots", "2")
	f.Worker("--slots", "2")
	recipe := lines(2, 3, 2)
	clients := make([]*client.Client, people)
	for n := range people {
		clients[n] = f.ClientWith(client.Options{Token: fmt.Sprintf("%s%d", token, n)})
	}
	jobs, errs := make([]api.Job, people), make([]error, people)
	var all sync.WaitGroup
	for n := range people {
		all.Go(func() { jobs[n], errs[n] = clients[n].Submit(t.Context(), api.Submission{Recipe: recipe}) })
	}
	all.Wait()
	for n, err := range errs {
		if err != nil {
			t.Fatalf("user %d: %v", n, err)
		}
	}
	f.Client = clients[0]
	second(t, f, jobs[0].ID)
	if _, err := clients[0].Cancel(t.Context(), jobs[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := f.Final(jobs[0].ID, 3*time.Minute); got.Status != catalog.Cancelled {
		t.Errorf("the cancelled job is %s", got.Status)
	}
	for n := 1; n < people; n++ {
		f.Client = clients[n]
		whole(t, f.Completed(jobs[n].ID, 3*time.Minute), linesMake(2, 3))
	}
	once(t, f, 7, nil)
}

// token begins the tokens of the tests.
const token = "0123456789abcdef-"
