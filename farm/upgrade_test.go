package farm_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/farm"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

// nextScheduler builds the scheduler as it is, with one more migration.
func nextScheduler(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	folder, err := filepath.Abs(filepath.Join("..", "catalog"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(folder, "migrate.go"))
	if err != nil {
		t.Fatal(err)
	}
	known := regexp.MustCompile(`const newestVersion = (\d+)`)
	newest := 0
	if _, err := fmt.Sscan(known.FindStringSubmatch(string(source))[1], &newest); err != nil {
		t.Fatal(err)
	}
	next := newest + 1
	replaced := map[string]string{}
	write := func(place, name, text string) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(folder, place)] = file
	}
	write("migrate.go", "migrate.go", known.ReplaceAllString(string(source), fmt.Sprintf("const newestVersion = %d", next)))
	for _, dialect := range []string{"postgres", "sqlite"} {
		write(fmt.Sprintf("migrations/%s/%04d_next.sql", dialect, next), dialect+".sql", "-- +goose Up\nALTER TABLE jobs ADD next TEXT;\n")
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	list, out := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "scheduler")
	if err := os.WriteFile(list, overlay, 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("go", "build", "-overlay", list, "-ldflags=-s -w", "-o", out, "github.com/artdag/artdag/cmd/scheduler").CombinedOutput()
	if err != nil {
		t.Fatalf("build the next scheduler: %v\n%s", err, said)
	}
	return out
}

// A scheduler of the next version, with a migration of its own, takes over while
// workers of this one go on: no step is lost, failed or done twice. The old
// scheduler is not let in again.
func TestSchedulerIsUpgraded(t *testing.T) {
	t.Parallel()
	next := nextScheduler(t)
	f := farmtest.New(t, farmtest.On{Redis: servicetest.NewRedis(t).URL()})
	old := f.Scheduler()
	f.Worker("--slots", "2")
	job := f.Submit(lines(2, 4, 2))
	second(t, f, job.ID)
	old.Stop()
	old.Replace(next)
	old.Start()
	later := f.Submit(lines(1, 2, 0.5))
	whole(t, f.Completed(job.ID, time.Minute), linesMake(2, 4))
	whole(t, f.Completed(later.ID, time.Minute), linesMake(1, 2))
	for label, n := range f.Executions() {
		if n > 1 && label != "all" && label != "s0-0" && label != "s0-1" {
			t.Errorf("%s was executed %d times", label, n)
		}
	}
	for _, w := range f.Workers {
		if w.Says("a step failed")+w.Says("claim is lost") > 0 {
			t.Errorf("%s failed or lost a step", w.ID)
		}
	}
	checkTables(t, f.Database)
	again := f.Beside()
	former := again.Unstarted()
	former.Launch()
	if code := former.Wait(); code != 1 || !strings.Contains(former.Said(), "made by a newer artdag: update this one") {
		t.Errorf("the old scheduler ended with %d: %s", code, former.Said())
	}
}

func checkTables(t *testing.T, dsn string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	var rows int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM jobs WHERE next IS NULL").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d jobs after the migration, %v", rows, err)
	}
}

// A worker that is too old for a step type hands such steps on: they cost no
// attempt and are done by one that knows it. Without one, the job says so.
func TestOlderWorkerHandsOn(t *testing.T) {
	t.Parallel()
	s := newSite(t, servicetest.Redis(t), filepath.Join(t.TempDir(), "catalog.db"))
	all := s.types
	var fewer []executor.Executor
	for _, name := range all.Names() {
		if typ, ok := all.Get(name); ok && name != "SEGMENT" {
			fewer = append(fewer, typ)
		}
	}
	var err error
	if s.types, err = executor.NewRegistry(fewer...); err != nil {
		t.Fatal(err)
	}
	s.newWorker(t.TempDir())
	job, err := s.scheduler.Submit(t.Context(), api.Submission{Recipe: small})
	if err != nil {
		t.Fatal(err)
	}
	farmtest.Until(t, time.Minute, "the job says what is missing", func() error {
		now, err := s.scheduler.Job(t.Context(), job.ID)
		if err != nil || !strings.Contains(now.Missing, "knows SEGMENT@") || now.Steps.Failed > 0 {
			return fmt.Errorf("%+v, %v", now, err)
		}
		return nil
	})
	s.types = all
	s.newWorker(t.TempDir())
	if done := s.await(job.ID); done.Status != "COMPLETED" || done.Steps.Executed != done.Steps.Total {
		t.Errorf("the job ended %s: %+v %s", done.Status, done.Steps, done.Error)
	}
}

// A step of which a newer scheduler says more than this program knows is not
// performed.
func TestNewerSpecIsHandedOn(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	where, err := farm.ParseRedis(url)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, url, filepath.Join(t.TempDir(), "catalog.db"))
	job, err := s.scheduler.Submit(t.Context(), api.Submission{Recipe: lines(1, 1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	var key, text string
	farmtest.Until(t, time.Minute, "the steps are in Redis", func() error {
		keys, err := s.client.Keys(t.Context(), string(where.Prefix)+"*:spec:*").Result()
		for _, k := range keys {
			if text = s.client.Get(t.Context(), k).Val(); strings.Contains(text, `"s0-0"`) {
				key = k
				return nil
			}
		}
		return fmt.Errorf("%v, %v", keys, err)
	})
	newer := strings.TrimSuffix(text, "}") + `,"newer":1}`
	if err := s.client.Set(t.Context(), key, newer, redis.KeepTTL).Err(); err != nil {
		t.Fatal(err)
	}
	s.newWorker(t.TempDir())
	farmtest.Until(t, time.Minute, "the step was handed on", func() error {
		msg, err := s.client.HGet(t.Context(), strings.Replace(key, ":spec:", ":step:", 1), "msg").Result()
		if !strings.Contains(msg, "update this worker") {
			return fmt.Errorf("%q, %v", msg, err)
		}
		return nil
	})
	if err := s.client.Set(t.Context(), key, text, redis.KeepTTL).Err(); err != nil {
		t.Fatal(err)
	}
	if done := s.await(job.ID); done.Status != "COMPLETED" {
		t.Errorf("the job ended %s: %s", done.Status, done.Error)
	}
}
