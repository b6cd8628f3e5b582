package farm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// Without the catalog steps go on, and the API says what it cannot do; when it
// is back, the records catch up.
func TestPostgresDown(t *testing.T) {
	t.Parallel()
	db := servicetest.NewPostgres(t)
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL(), Database: db.DSN()})
	f.Scheduler()
	f.Worker("--slots", "2")
	job := f.Submit(lines(2, 4, 2))
	second(t, f, job.ID)
	db.Kill()
	impatient := f.ClientWith(client.Options{Patience: -1})
	if _, err := impatient.Submit(t.Context(), api.Submission{Recipe: lines(1, 1, 0)}); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a submission without the catalog: %v", err)
	}
	if _, err := impatient.Job(t.Context(), job.ID); !errors.Is(err, api.ErrUnavailable) {
		t.Errorf("a job without the catalog: %v", err)
	}
	if workers, err := impatient.Workers(t.Context()); err != nil || len(workers) != 1 {
		t.Errorf("the workers without the catalog: %v, %v", workers, err)
	}
	if checks := ready(t, impatient); checks["redis"] != "ok" || checks["catalog"] == "ok" {
		t.Errorf("readiness without the catalog: %v", checks)
	}
	farmtest.Until(t, time.Minute, "all steps are executed without the catalog", func() error {
		if got := f.Executions(); got["all"] == 0 {
			return fmt.Errorf("%v", got)
		}
		return nil
	})
	db.Start()
	whole(t, f.Completed(job.ID, time.Minute), linesMake(2, 4))
	once(t, f, 9, nil)
	farmtest.Until(t, 30*time.Second, "every step is on record", func() error {
		steps, err := f.Client.Steps(t.Context(), job.ID)
		for _, step := range steps {
			if step.Status != catalog.StepCompleted || step.Content.IsZero() {
				err = fmt.Errorf("%+v", step)
			}
		}
		return err
	})
	if checks := ready(t, impatient); checks["catalog"] != "ok" {
		t.Errorf("readiness afterwards: %v", checks)
	}
}

// ready asks how the farm is.
func ready(t *testing.T, c *client.Client) map[string]string {
	t.Helper()
	asks := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := asks.Get(c.Server() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var health api.Health
	if err := json.NewDecoder(answer.Body).Decode(&health); err != nil {
		t.Fatal(err)
	}
	return health.Checks
}
