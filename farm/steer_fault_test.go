package farm_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// A worker that is asked to end finishes what it runs.
func TestDrain(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	signalled, told := f.Worker("--slots", "1"), f.Worker("--slots", "1")
	job := f.Submit(lines(2, 2, 4))
	f.Running(job.ID, "s0-0")
	f.Running(job.ID, "s1-0")
	signalled.Signal(syscall.SIGTERM)
	if err := f.Client.Drain(t.Context(), told.ID); err != nil {
		t.Fatal(err)
	}
	for _, w := range []*farmtest.Worker{signalled, told} {
		if code := w.Wait(); code != 0 {
			t.Errorf("%s ended with %d, want 0", w.ID, code)
		}
	}
	got := f.Executions()
	if got["s0-0"]+got["s1-0"] != 2 || got["s0-1"]+got["s1-1"] > 0 {
		t.Errorf("while they drained: %v", got)
	}
	f.Worker("--slots", "2")
	whole(t, f.Completed(job.ID, time.Minute), linesMake(2, 2))
	once(t, f, 5, nil)
}

// A worker that drains keeps its claim for longer than a lease: what it finishes
// is not begun elsewhere.
func TestDrainLong(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	drained := f.Worker("--slots", "1", "--grace", "2m")
	job := f.Submit(lines(1, 1, claim.Lease.Seconds()+7))
	f.Running(job.ID, "s0-0")
	f.Worker("--slots", "1")
	drained.Signal(syscall.SIGTERM)
	if code := drained.Wait(); code != 0 {
		t.Errorf("it ended with %d, want 0", code)
	}
	whole(t, f.Completed(job.ID, time.Minute), linesMake(1, 1))
	once(t, f, 2, nil)
}

// The second signal ends the grace: what runs is killed and handed back, not
// left to lapse.
func TestDrainAtOnce(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	w := f.Worker("--slots", "1", "--grace", "10m")
	job := f.Submit(lines(1, 1, 8))
	f.Running(job.ID, "s0-0")
	farmtest.Until(t, 10*time.Second, "the tool runs", func() error {
		if len(w.Tools("sleep")) == 0 {
			return errors.New("it does not")
		}
		return nil
	})
	family := w.Family()
	w.Signal(syscall.SIGTERM)
	w.Await("draining")
	w.Signal(syscall.SIGTERM)
	if code := w.Wait(); code != 0 {
		t.Errorf("it ended with %d, want 0", code)
	}
	for _, r := range family {
		if r.Alive() {
			t.Errorf("%s outlived its worker", r)
		}
	}
	f.Worker("--slots", "1")
	whole(t, f.Completed(job.ID, time.Minute), linesMake(1, 1))
	once(t, f, 2, map[string]int{"s0-0": 1})
}

// A job that is paused begins no step; resumed, it goes on; cancelled, what runs
// of it stops.
func TestPauseResumeCancel(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{})
	f.Scheduler()
	w := f.Worker("--slots", "1")
	job, _ := halfDone(t, f)
	// Others are served meanwhile.
	whole(t, f.Completed(f.Submit(lines(1, 1, 0)).ID, time.Minute), linesMake(1, 1))
	if n := f.Executions()["s0-1"]; n > 0 {
		t.Errorf("a paused job began %d steps", n)
	}
	if _, err := f.Client.Resume(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	whole(t, f.Completed(job, time.Minute), linesMake(1, 2))

	long := f.Submit(lines(1, 1, 600))
	f.Running(long.ID, "s0-0")
	farmtest.Until(t, 10*time.Second, "the tool runs", func() error {
		if len(w.Tools("sleep")) == 0 {
			return errors.New("it does not")
		}
		return nil
	})
	if _, err := f.Client.Cancel(t.Context(), long.ID); err != nil {
		t.Fatal(err)
	}
	farmtest.Until(t, 15*time.Second, "the tool of the cancelled job is gone", func() error {
		if left := w.Tools("sleep"); len(left) > 0 {
			return fmt.Errorf("%v", left)
		}
		return nil
	})
	if got := f.Final(long.ID, time.Second); got.Status != catalog.Cancelled {
		t.Errorf("the job is %s, want CANCELLED", got.Status)
	}
}

// What is urgent goes first, although it came later.
func TestPriority(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{})
	f.Scheduler()
	f.Worker("--slots", "1")
	slow := f.Submit(lines(1, 6, 2))
	f.Running(slow.ID, "")
	urgent, err := f.Client.Submit(t.Context(), api.Submission{Recipe: lines(1, 2, 0.5), Priority: claim.High})
	if err != nil {
		t.Fatal(err)
	}
	f.Completed(urgent.ID, time.Minute)
	if job, err := f.Client.Job(t.Context(), slow.ID); err != nil || job.Status.Final() {
		t.Errorf("the job that was there before is %s, %v; want it RUNNING", job.Status, err)
	}
	if _, err := f.Client.SetPriority(t.Context(), slow.ID, claim.Low); err != nil {
		t.Error(err)
	}
	whole(t, f.Completed(slow.ID, 2*time.Minute), linesMake(1, 6))
}

// A job that failed is tried again, from where it failed.
func TestRetryOfAFailedJob(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{})
	f.Scheduler()
	f.Worker("--slots", "1")
	mended := time.Now().Add(35 * time.Second)
	job := f.Submit(fmt.Sprintf(`
name: mended
nodes:
  - {id: good, type: COMMAND, config: {argv: [sh, -c, 'echo good > "$0"', "{out}"]}}
  - {id: bad, type: COMMAND, config: {argv: [sh, -c, 'test $(date +%%s) -ge %d && cat "$1" > "$0"', "{out}", "{in[0]}"]}, inputs: [good]}
outputs: [bad]
`, mended.Unix()))
	failed := f.Final(job.ID, 30*time.Second)
	if failed.Status != catalog.Failed || len(failed.Failures) != 1 || failed.Failures[0].Label != "bad" {
		t.Fatalf("the job: %s, failures %+v; want FAILED by step bad", failed.Status, failed.Failures)
	}
	if n := f.Executions()["bad"]; n != 3 {
		t.Errorf("the step was tried %d times, want 3", n)
	}
	farmtest.Until(t, time.Minute, "the cause is mended", func() error {
		if time.Now().Before(mended.Add(time.Second)) {
			return errors.New("not yet")
		}
		return nil
	})
	if _, err := f.Client.Retry(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	f.Completed(job.ID, time.Minute)
	if got := f.Executions(); got["good"] != 1 || got["bad"] != 4 {
		t.Errorf("executions: %v, want good once and bad 4 times", got)
	}
}

// A job that no living worker can serve says so, and goes on when one comes.
func TestNoWorkerServes(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{})
	f.Scheduler()
	job := f.Submit(lines(1, 1, 0))
	says := func(want string) {
		t.Helper()
		farmtest.Until(t, 30*time.Second, "the job says "+want, func() error {
			got, err := f.Client.Job(t.Context(), job.ID)
			if err == nil && !strings.Contains(got.Missing, want) {
				err = fmt.Errorf("it says %q", got.Missing)
			}
			return err
		})
	}
	says("no worker is alive")
	f.Worker("--classes", "gpu")
	says("class cpu")
	f.Worker("--classes", "cpu")
	whole(t, f.Completed(job.ID, time.Minute), linesMake(1, 1))
}
