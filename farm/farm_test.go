package farm_test

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
	"github.com/artdag/artdag/farm"
	"github.com/artdag/artdag/farm/farmtest"
	"github.com/artdag/artdag/servicetest"
)

func TestMain(m *testing.M) {
	sandbox.Supervise()
	// Farms mostly wait: more of them fit than there are cores. The command line
	// has the last word.
	_ = flag.Set("test.parallel", "4")
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/artdag/artdag/executor/sandbox.(*starter).serve"), goleak.IgnoreTopFunction("github.com/artdag/artdag/farm/farmtest.(*starter).serve"), goleak.Cleanup(func(code int) {
		farmtest.RemovePrograms()
		os.Exit(code)
	}))
}

// site is a farm in this process, on real servers.
type site struct {
	t         *testing.T
	redis     farm.Redis
	client    redis.UniversalClient
	catalog   *catalog.DB
	types     *executor.Registry
	scheduler *farm.Scheduler
}

func newSite(t *testing.T, redisURL, dsn string) *site {
	t.Helper()
	where, err := farm.ParseRedis(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, redis: where, client: where.Open(0)}
	t.Cleanup(func() { s.client.Close() })
	if s.catalog, err = catalog.Open(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.catalog.Close() })
	if s.types, err = executor.Builtin(); err != nil {
		t.Fatal(err)
	}
	s.scheduler = s.newScheduler(t.TempDir())
	return s
}

func (s *site) log(who string) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{s.t}, nil)).With("who", who)
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	_, _ = os.Stderr.Write(p)
	return len(p), nil
}

func (s *site) newScheduler(dir string) *farm.Scheduler {
	s.t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	s.t.Cleanup(server.Close)
	sch, err := farm.NewScheduler(farm.SchedulerConfig{
		Redis: s.client, Prefix: s.redis.Prefix, Catalog: s.catalog, CacheDir: dir, Types: s.types, Logger: s.log("scheduler"),
		Address: server.URL, Adoption: 2 * time.Second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	mux.Handle("/content/", sch.Contents())
	if err := sch.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(sch.Stop)
	return sch
}

func (s *site) newWorker(dir string) *farm.Worker {
	s.t.Helper()
	w, err := farm.NewWorker(farm.WorkerConfig{
		Redis: s.client, Open: func() (redis.UniversalClient, error) { return s.redis.Open(0), nil }, Prefix: s.redis.Prefix,
		CacheDir: dir, Types: s.types, Logger: s.log("worker"), Grace: 10 * time.Second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := w.Start(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Stop)
	return w
}

// await waits until a job is final.
func (s *site) await(id string) api.Job {
	s.t.Helper()
	var last api.Job
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	err := s.scheduler.Watch(ctx, id, "", func(e api.Event) error {
		if e.Job != nil {
			last = *e.Job
		}
		return nil
	})
	if err != nil {
		s.t.Fatalf("watch %s: %v; last seen %+v", id, err, last)
	}
	return last
}

const small = `
name: small
params:
  hue: {type: number, default: 30}
nodes:
  - {id: clip, type: GENERATE, config: {kind: testsrc, size: [64, 48], fps: 10, duration: 2}}
  - {id: part, type: SEGMENT, config: {offset: 0.5, duration: 1}, inputs: [clip]}
  - {id: turned, type: TRANSFORM, config: {hue: "${params.hue}"}, inputs: [part]}
  - {id: stills, type: FRAMES, config: {rate: 5}, inputs: [turned]}
  - {id: again, type: ASSEMBLE, config: {fps: 5}, inputs: [stills]}
  - {id: film, type: ENCODE, config: {format: h264}, inputs: [again]}
outputs: [film, stills]
`

func TestJobOnTwoWorkers(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "catalog.db") },
		"postgres": func(t *testing.T) string { return servicetest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, servicetest.Redis(t), dsn(t))
			s.newWorker(t.TempDir())
			s.newWorker(t.TempDir())
			job, err := s.scheduler.Submit(t.Context(), api.Submission{Recipe: small})
			if err != nil {
				t.Fatal(err)
			}
			first := s.await(job.ID)
			if first.Status != catalog.Completed || first.Steps.Executed != first.Steps.Total || len(first.Outputs) != 2 {
				t.Fatalf("first job: %+v", first)
			}
			job, err = s.scheduler.Submit(t.Context(), api.Submission{Recipe: small})
			if err != nil {
				t.Fatal(err)
			}
			second := s.await(job.ID)
			if second.Steps.Executed != 0 || second.Steps.Cached != first.Steps.Total {
				t.Errorf("second job: %+v", second.Steps)
			}
			for i := range first.Outputs {
				if first.Outputs[i].Content != second.Outputs[i].Content {
					t.Errorf("output %s differs", first.Outputs[i].Name)
				}
			}
		})
	}
}
