package farm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// A step that takes its worker down with it is given up.
func TestStepKillsItsWorkers(t *testing.T) {
	t.Parallel()
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	f.Scheduler()
	f.Worker("--slots", "1")
	job := f.Submit(lines(1, 1, 600))
	for range 5 {
		_, w := f.Running(job.ID, "s0-0")
		w.Kill()
		f.Worker("--slots", "1")
		farmtest.Until(t, time.Minute, "the step is taken from the dead", func() error {
			steps, err := f.Client.Steps(t.Context(), job.ID)
			for _, step := range steps {
				if step.Label == "s0-0" && step.Worker == w.ID && step.Status == catalog.StepRunning {
					err = fmt.Errorf("%+v", step)
				}
			}
			return err
		})
	}
	got := f.Final(job.ID, time.Minute)
	if got.Status != catalog.Failed || !strings.Contains(got.Error+fmt.Sprint(got.Failures), "it kills its workers") {
		t.Errorf("the job is %s: %s %+v", got.Status, got.Error, got.Failures)
	}
}
