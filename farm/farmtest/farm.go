package farmtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/servicetest"
)

// On says what a farm stands on: URLs. Without a Redis or a database it gets
// those that the test binary shares; without an IPFS it has none.
type On struct{ Redis, Database, IPFS string }

// Farm is a farm of real processes.
type Farm struct {
	On
	Client  *client.Client
	Workers []*Worker
	t       testing.TB
	listen  string
	env     []string
}

// New returns a farm without processes.
func New(t testing.TB, on On) *Farm {
	t.Helper()
	if on.Redis == "" {
		on.Redis = servicetest.Redis(t)
	}
	if on.Database == "" {
		on.Database = servicetest.Postgres(t)
	}
	f := &Farm{On: on, t: t, listen: servicetest.FreeAddr(t)}
	f.env = []string{"REDIS_URL=" + on.Redis, "DATABASE_URL=" + on.Database, "IPFS_API=" + on.IPFS}
	f.Client = f.ClientWith(client.Options{})
	return f
}

// ClientWith returns another client of the farm.
func (f *Farm) ClientWith(o client.Options) *client.Client {
	f.t.Helper()
	c, err := client.New(f.listen, o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	return c
}

// URL is where the scheduler serves.
func (f *Farm) URL() string { return "http://" + f.listen }

// Scrape returns what the scheduler tells Prometheus.
func (f *Farm) Scrape() string {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.URL()+"/metrics", nil)
	if err != nil {
		f.t.Fatal(err)
	}
	r.Close = true // no goroutine is left that keeps the connection
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatalf("scrape: %v", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		f.t.Fatalf("scrape: status %d, %v: %s", response.StatusCode, err, text)
	}
	return string(text)
}

// Scheduler starts a scheduler on the address that the client asks, and blocks
// until it serves.
func (f *Farm) Scheduler(args ...string) *Process {
	f.t.Helper()
	p := f.process("scheduler", "scheduler", "msg=serving", append([]string{"--listen", f.listen}, args...))
	p.Start()
	return p
}

// Unstarted returns a scheduler that does not run yet.
func (f *Farm) Unstarted() *Process {
	f.t.Helper()
	return f.process("scheduler", "scheduler", "msg=serving", []string{"--listen", f.listen})
}

// Beside returns the same farm as seen from a further scheduler: of its own
// address, and without workers of its own.
func (f *Farm) Beside() *Farm {
	f.t.Helper()
	other := &Farm{On: f.On, t: f.t, env: f.env, listen: servicetest.FreeAddr(f.t)}
	other.Client = other.ClientWith(client.Options{})
	return other
}

// Worker is a worker process.
type Worker struct {
	*Process
	ID string
}

// Worker starts a worker and blocks until it takes steps.
func (f *Farm) Worker(args ...string) *Worker {
	f.t.Helper()
	return f.join(f.newWorker(args))
}

// WorkerOnDisk starts a worker whose folder is a disk of its own, of so many
// bytes.
func (f *Farm) WorkerOnDisk(size int64, args ...string) *Worker {
	f.t.Helper()
	p := f.newWorker(args)
	const mount = `mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"`
	p.args = append([]string{"-rm", "sh", "-c", mount, fmt.Sprint(size), p.Dir, p.path}, p.args...)
	p.path = "unshare"
	return f.join(p)
}

func (f *Farm) newWorker(args []string) *Process {
	f.t.Helper()
	return f.process(fmt.Sprintf("worker %d", len(f.Workers)+1), "worker", "msg=worker", append([]string{"--grace", "20s"}, args...))
}

func (f *Farm) join(p *Process) *Worker {
	f.t.Helper()
	p.Start()
	w := &Worker{Process: p, ID: p.identity()}
	f.Workers = append(f.Workers, w)
	return w
}

// identity is the id that the process made up for its folder.
func (p *Process) identity() string {
	_, rest, _ := strings.Cut(p.Said(), "msg=worker id=")
	id, _, _ := strings.Cut(rest, " ")
	return id
}

// Submit submits a recipe.
func (f *Farm) Submit(recipe string) api.Job {
	f.t.Helper()
	job, err := f.Client.Submit(f.t.Context(), api.Submission{Recipe: recipe})
	if err != nil {
		f.t.Fatalf("submit: %v", err)
	}
	return job
}

// Final blocks until a job is final, for at most that long.
func (f *Farm) Final(id string, most time.Duration) api.Job {
	f.t.Helper()
	var job api.Job
	Until(f.t, most, "job "+id+" is final", func() (err error) {
		if job, err = f.Client.Job(f.t.Context(), id); err != nil {
			return err
		}
		if !job.Status.Final() {
			return fmt.Errorf("it is %s: %+v %s", job.Status, job.Steps, job.Missing)
		}
		return nil
	})
	return job
}

// Completed is Final of a job that must complete.
func (f *Farm) Completed(id string, most time.Duration) api.Job {
	f.t.Helper()
	job := f.Final(id, most)
	if job.Status != catalog.Completed {
		f.t.Fatalf("job %s is %s, want COMPLETED: %s %+v", id, job.Status, job.Error, job.Failures)
	}
	return job
}

// Running blocks until a step of a job runs, the one with the label or, for an
// empty label, any, and returns it with its worker.
func (f *Farm) Running(job, label string) (api.Step, *Worker) {
	f.t.Helper()
	var found api.Step
	Until(f.t, startTime, "a worker runs step "+label, func() error {
		steps, err := f.Client.Steps(f.t.Context(), job)
		if err != nil {
			return err
		}
		for _, step := range steps {
			if step.Status == catalog.StepRunning && (label == "" || step.Label == label) && f.worker(step.Worker) != nil {
				found = step
				return nil
			}
		}
		return fmt.Errorf("the steps are %+v", steps)
	})
	return found, f.worker(found.Worker)
}

func (f *Farm) worker(id string) *Worker {
	for _, w := range f.Workers {
		if w.ID == id {
			return w
		}
	}
	return nil
}

// Executions counts how often the workers of the farm began to execute a step,
// by label, over all their lives.
func (f *Farm) Executions() map[string]int {
	out := make(map[string]int)
	for _, w := range f.Workers {
		for line := range strings.Lines(w.Said()) {
			if _, rest, ok := strings.Cut(line, "msg=executing step="); ok {
				label, _, _ := strings.Cut(rest, " ")
				out[strings.Trim(label, `"`)]++
			}
		}
	}
	return out
}
