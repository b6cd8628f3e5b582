package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/pipeline"
	"github.com/artdag/artdag/tasks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sources tell fixed numbers.
func sources() Sources {
	return Sources{
		Classes: []string{"cpu", "gpu"},
		Scale: tells(api.Scale{Desired: 3, Groups: []api.ScaleGroup{
			{Class: "cpu", Ready: 5, Queued: 2, Running: 4}, {Class: "cpu", Tags: []string{"a", "b"}, Delayed: 1},
		}}),
		Workers: tells([]api.Worker{
			{Slots: 4, Free: 1, Classes: []string{"cpu"}, CacheBytes: 100, DiskFree: 50, DiskSize: 100},
			{Slots: 2, Free: 2, Classes: []string{"cpu", "gpu"}, Note: "full", CacheBytes: 11, DiskFree: 1, DiskSize: 100},
			{Slots: 8, Classes: []string{"cpu"}, Draining: true},
		}),
		Jobs:       tells(map[catalog.Status]int{catalog.Queued: 1, catalog.Running: 2, catalog.Paused: 0}),
		Unrecorded: tells(claim.Unrecorded{Entries: 7, Oldest: 1500 * time.Millisecond}),
		Queues:     tells([]tasks.Size{{Queue: "low-cpu", Pending: 2, Latency: time.Minute}}),
		Memory:     tells(Memory{Used: 10, Limit: 100}),
		Room:       tells(cache.Room{Used: 5, Free: 25, Size: 100}),
		Processors: func() []pipeline.Status {
			return []pipeline.Status{
				{Name: "record", State: pipeline.Open, Processed: 12, Parked: 1, LastGood: time.UnixMilli(1500)}, {Name: "pin", State: pipeline.Away},
			}
		},
		Services: map[string]func(context.Context) error{
			"redis": func(context.Context) error { return nil }, "ipfs": func(context.Context) error { return errors.New("refused") },
		},
	}
}

func tells[T any](value T) func(context.Context) (T, error) {
	return func(context.Context) (T, error) { return value, nil }
}

func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("a scrape answers %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestScrape(t *testing.T) {
	t.Parallel()
	m := New(sources(), "v1", quiet())
	m.JobEnded(catalog.Failed, catalog.Counts{Executed: 3, Cached: 2, Failed: 1})
	one, other := catalog.StepRecord{JobID: "a", CacheID: dag.CacheID{1}, Status: catalog.StepCompleted}, catalog.StepRecord{JobID: "b", CacheID: dag.CacheID{1}, Status: catalog.StepCached}
	m.Recorded([]catalog.StepRecord{one, one, other})
	m.Request("GET /api/v1/jobs/{id}", 404, 50*time.Millisecond)
	text := scrape(t, m.Handler())
	for _, want := range []string{
		`artdag_build_info{version="v1"} 1`,
		`artdag_up{service="redis"} 1`, `artdag_up{service="ipfs"} 0`,
		`artdag_desired_workers 3`,
		`artdag_steps{class="cpu",state="ready",tags=""} 5`, `artdag_steps{class="cpu",state="running",tags=""} 4`,
		`artdag_steps{class="cpu",state="delayed",tags="a,b"} 1`, `artdag_steps{class="gpu",state="ready",tags=""} 0`,
		`artdag_workers{state="serving"} 1`, `artdag_workers{state="draining"} 1`, `artdag_workers{state="troubled"} 1`,
		`artdag_slots{class="cpu"} 6`, `artdag_slots_busy{class="cpu"} 3`, `artdag_slots{class="gpu"} 2`,
		`artdag_jobs{status="RUNNING"} 2`, `artdag_jobs{status="PAUSED"} 0`,
		`artdag_unrecorded_steps 7`, `artdag_recording_lag_seconds 1.5`,
		`artdag_queue_tasks{queue="low-cpu",state="pending"} 2`, `artdag_queue_latency_seconds{queue="low-cpu"} 60`,
		`artdag_processor_items_total{processor="record"} 12`, `artdag_processor_faults{processor="record",state="parked"} 1`,
		`artdag_processor_state{processor="record",state="open"} 1`, `artdag_processor_state{processor="record",state="idle"} 0`,
		`artdag_processor_last_success_timestamp_seconds{processor="record"} 1.5`,
		`artdag_cache_bytes{role="worker"} 111`, `artdag_cache_bytes{role="scheduler"} 5`,
		`artdag_disk_free_ratio{role="worker"} 0.01`, `artdag_disk_free_ratio{role="scheduler"} 0.25`,
		`artdag_redis_memory_bytes 10`, `artdag_redis_memory_limit_bytes 100`,
		`artdag_jobs_ended_total{status="FAILED"} 1`, `artdag_jobs_ended_total{status="COMPLETED"} 0`,
		`artdag_job_steps_total{outcome="cached"} 2`, `artdag_job_steps_total{outcome="skipped"} 0`,
		`artdag_steps_recorded_total{outcome="executed"} 1`, `artdag_steps_recorded_total{outcome="cached"} 1`,
		`artdag_http_request_duration_seconds_bucket{code="4xx",route="GET /api/v1/jobs/{id}",le="0.1"} 1`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("the scrape lacks %s", want)
		}
	}
	for _, absent := range []string{`processor_faults{processor="pin"`, `last_success_timestamp_seconds{processor="pin"`} {
		if strings.Contains(text, absent) {
			t.Errorf("the scrape tells %s, which another scheduler knows", absent)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(New(sources(), "v1", quiet()).registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %+v, %v", problems, err)
	}
}

// A service that is down takes with it what it would tell, and nothing else.
func TestWhatFailsIsLeftOut(t *testing.T) {
	t.Parallel()
	s := sources()
	s.Scale = func(context.Context) (api.Scale, error) { return api.Scale{}, api.ErrUnavailable }
	s.Jobs, s.Room = nil, nil
	text := scrape(t, New(s, "v1", quiet()).Handler())
	for _, absent := range []string{"artdag_desired_workers", "artdag_steps{", "artdag_jobs{", `role="scheduler"`} {
		if strings.Contains(text, absent) {
			t.Errorf("the scrape tells %s though nobody knows", absent)
		}
	}
	if !strings.Contains(text, "artdag_unrecorded_steps 7") {
		t.Error("the scrape lacks what is known")
	}
}

// A part that hangs delays a scrape by the patience, is asked once however many
// scrapes wait, and is told again when it has come back.
func TestWhatHangsIsLeftOut(t *testing.T) {
	t.Parallel()
	asked, release := atomic.Int32{}, make(chan struct{})
	s := sources()
	s.Unrecorded = func(context.Context) (claim.Unrecorded, error) { // as a client that heeds no deadline
		asked.Add(1)
		<-release
		return claim.Unrecorded{}, nil
	}
	s.Services["redis"] = func(context.Context) error { <-release; return nil }
	c := &collector{words: words(), parts: s.parts(), patience: 50 * time.Millisecond, failed: func(string, error) {}}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	gather := func() string {
		t.Helper()
		w := httptest.NewRecorder()
		m := Metrics{registry: registry}
		m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		text, _ := io.ReadAll(w.Body)
		return string(text)
	}
	for range 10 {
		text := gather()
		if strings.Contains(text, "artdag_unrecorded_steps") || !strings.Contains(text, "artdag_queue_latency_seconds") || !strings.Contains(text, `artdag_cache_bytes{role="scheduler"}`) || !strings.Contains(text, `artdag_up{service="redis"} 0`) || !strings.Contains(text, "artdag_desired_workers 3") {
			t.Fatalf("a scrape beside what hangs tells:\n%s", text)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("what hangs was asked %d times, want once", n)
	}
	close(release)
	for deadline := time.Now().Add(10 * time.Second); ; {
		text := gather()
		if strings.Contains(text, "artdag_unrecorded_steps 0") && strings.Contains(text, `artdag_up{service="redis"} 1`) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("what came back is not told:\n%s", text)
		}
	}
}

func TestTagsAreBounded(t *testing.T) {
	t.Parallel()
	s, now := sources(), api.Scale{}
	for i := range 100 {
		now.Groups = append(now.Groups, api.ScaleGroup{Class: "cpu", Tags: []string{fmt.Sprintf("tag%d\xff", i)}, Ready: i + 1})
	}
	s.Scale = tells(now)
	text := scrape(t, New(s, "v1", quiet()).Handler())
	if n := strings.Count(text, `artdag_steps{class="cpu",state="ready"`); n != mostTags+2 { // without tags, and the others
		t.Errorf("%d series of ready steps, want %d", n, mostTags+2)
	}
	if want := `artdag_steps{class="cpu",state="ready",tags="other"} 3240`; !strings.Contains(text, want) { // 1 + 2 + ... + 80
		t.Errorf("the scrape lacks %s", want)
	}
}
