package farm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// scaled waits until the farm asks for so many workers, with so many there.
func scaled(t *testing.T, f *farmtest.Farm, desired, living int) (got api.Scale) {
	t.Helper()
	farmtest.Until(t, time.Minute, fmt.Sprintf("%d workers are wanted", desired), func() (err error) {
		if got, err = f.Client.Scale(t.Context(), api.Fleet{}); err == nil && (got.Desired != desired || got.Living != living) {
			err = fmt.Errorf("it is %+v", got)
		}
		return err
	})
	return got
}

// tells waits until the scheduler tells all of the lines.
func tells(t *testing.T, f *farmtest.Farm, lines ...string) {
	t.Helper()
	farmtest.Until(t, time.Minute, "the metrics are as they should be", func() error {
		text := f.Scrape()
		for _, line := range lines {
			if !strings.Contains(text, "\n"+line+"\n") {
				name, _, _ := strings.Cut(line, "{")
				return fmt.Errorf("the metrics lack %q; they have\n%s", line, only(text, name))
			}
		}
		return nil
	})
}

func only(text, name string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, name) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// What a farm asks for, and tells, while a job comes, runs and ends, and while
// Redis does not answer.
func TestScaleAndMetrics(t *testing.T) {
	t.Parallel()
	r := servicetest.NewRedis(t)
	f := farmtest.New(t, farmtest.On{Redis: r.URL()})
	f.Scheduler()
	scaled(t, f, 0, 0)
	waits := f.Submit(lines(6, 1, 600))                                  // it ends when this says so, however busy the machine is
	if got := scaled(t, f, 1, 0); got.Waiting != 6 || got.Running != 0 { // one, to learn what a worker has
		t.Errorf("with nobody there: %+v", got)
	}
	tells(t, f, `artdag_workers{state="serving"} 0`, `artdag_jobs{status="RUNNING"} 1`, `artdag_desired_workers 1`)
	f.Worker("--slots", "2")
	if got := scaled(t, f, 3, 1); got.Backlog != 6 || len(got.Groups) != 1 || got.Groups[0].Assumed != 2 {
		t.Errorf("with one worker: %+v", got)
	}
	tells(t, f, `artdag_workers{state="serving"} 1`, `artdag_slots{class="cpu"} 2`, `artdag_slots{class="gpu"} 0`, `artdag_up{service="redis"} 1`, `artdag_up{service="catalog"} 1`)
	if _, err := f.Client.Cancel(t.Context(), waits.ID); err != nil {
		t.Fatal(err)
	}
	scaled(t, f, 0, 1)
	for range 2 {
		f.Completed(f.Submit(lines(6, 1, 0)).ID, time.Minute)
	}
	tells(t, f, `artdag_jobs_ended_total{status="COMPLETED"} 2`, `artdag_jobs_ended_total{status="CANCELLED"} 1`, `artdag_job_steps_total{outcome="executed"} 7`,
		`artdag_job_steps_total{outcome="cached"} 7`, `artdag_steps_recorded_total{outcome="executed"} 7`, `artdag_unrecorded_steps 0`,
		`artdag_processor_faults{processor="record",state="parked"} 0`, `artdag_steps{class="cpu",state="ready",tags=""} 0`)

	r.Pause()
	farmtest.Until(t, time.Minute, "the metrics do without Redis", func() error {
		began := time.Now()
		text := f.Scrape()
		if took := time.Since(began); took > 9*time.Second { // it gives up after 4; the machine is busy
			t.Errorf("a scrape without Redis took %v", took)
		}
		if strings.Contains(text, "\nartdag_desired_workers ") || !strings.Contains(text, "\nartdag_up{service=\"redis\"} 0\n") || !strings.Contains(text, "\nartdag_up{service=\"catalog\"} 1\n") {
			return fmt.Errorf("the scheduler tells\n%s", only(text, "artdag_"))
		}
		return nil
	})
	r.Resume()
	tells(t, f, `artdag_up{service="redis"} 1`, `artdag_desired_workers 0`)
}
