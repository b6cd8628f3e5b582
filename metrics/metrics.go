package metrics

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/artdag/artdag/catalog"
)

// Metrics is what one scheduler tells. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	jobsEnded, jobSteps, recorded *prometheus.CounterVec
	requests                      *prometheus.HistogramVec
}

// New returns metrics of a scheduler of this version, which ask the sources.
func New(s Sources, version string, log *slog.Logger) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), log: log,
		jobsEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "artdag_jobs_ended_total", Help: "Jobs that ended, as this scheduler recorded it.",
		}, []string{"status"}),
		jobSteps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "artdag_job_steps_total", Help: "Steps of the jobs that ended: executed for the job, or cached, which is known without.",
		}, []string{"outcome"}),
		recorded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "artdag_steps_recorded_total", Help: "Steps that this scheduler recorded, once for each job that wanted them.",
		}, []string{"outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "artdag_http_request_duration_seconds", Help: "How long requests took, those that watch included.",
			Buckets: []float64{0.005, 0.02, 0.1, 0.5, 2, 10, 60},
		}, []string{"route", "code"}),
	}
	built := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "artdag_build_info", Help: "1, for the version of the scheduler."}, []string{"version"})
	built.WithLabelValues(version).Set(1)
	m.begin()
	m.registry.MustRegister(
		m.jobsEnded, m.jobSteps, m.recorded, m.requests, built,
		&collector{words: words(), parts: s.parts(), patience: patience, failed: m.failed},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// begin has counters there before anything was counted: of a counter that
// appears with 1 Prometheus sees no increase.
func (m *Metrics) begin() {
	for _, status := range []catalog.Status{catalog.Completed, catalog.Failed, catalog.Cancelled} {
		m.jobsEnded.WithLabelValues(string(status))
	}
	for _, vec := range []*prometheus.CounterVec{m.jobSteps, m.recorded} {
		for _, outcome := range []string{executed, cached, failed, skipped} {
			vec.WithLabelValues(outcome)
		}
	}
}

// The outcomes of a step.
const (
	executed = "executed"
	cached   = "cached"
	failed   = "failed"
	skipped  = "skipped"
)

func words() []word {
	return []word{
		up, desired, steps, workers, slots, slotsBusy, jobs, unrecorded, lag, queueTasks, queueLatency,
		processorItems, processorFault, processorState, processorGood, cacheBytes, diskFree, redisUsed, redisLimit,
	}
}

// failed is no warning: what is down others say, and the absence is seen.
func (m *Metrics) failed(part string, err error) {
	m.log.Debug("metrics", "left out", part, "error", err)
}

// Handler answers scrapes. Some may wait beside each other for the same answers.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// JobEnded counts a job and what became of its steps.
func (m *Metrics) JobEnded(status catalog.Status, c catalog.Counts) {
	m.jobsEnded.WithLabelValues(string(status)).Inc()
	for outcome, n := range map[string]int{executed: c.Executed, cached: c.Cached, failed: c.Failed, skipped: c.Skipped} {
		m.jobSteps.WithLabelValues(outcome).Add(float64(max(n, 0)))
	}
}

// Recorded counts steps that are in the catalog now. Two records of one step and
// job beside each other are one: the second is evidence against the first.
func (m *Metrics) Recorded(records []catalog.StepRecord) {
	for i, r := range records {
		if i > 0 && records[i-1].JobID == r.JobID && records[i-1].CacheID == r.CacheID {
			continue
		}
		if outcome := outcomes()[r.Status]; outcome != "" {
			m.recorded.WithLabelValues(outcome).Inc()
		}
	}
}

func outcomes() map[catalog.StepStatus]string {
	return map[catalog.StepStatus]string{
		catalog.StepCompleted: executed, catalog.StepCached: cached, catalog.StepFailed: failed, catalog.StepSkipped: skipped,
	}
}

// Request counts a request that was answered. A route is a pattern, never a
// path.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}
