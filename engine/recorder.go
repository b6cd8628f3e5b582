package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// Recorder writes what happens in one job into the catalog, behind the run's
// back: events are gathered and written in batches by one goroutine, so that
// no step waits for the database. While it is open it holds a lock that tells
// other processes that the job lives.
type Recorder struct {
	db     *catalog.DB
	job    string
	places map[dag.CacheID]int
	lock   *flock.Flock

	mu      sync.Mutex
	pending []catalog.StepRecord
	started map[dag.CacheID]time.Time
	err     error // the first that writing met

	wake chan struct{}
	done chan struct{}
}

// jobLock is the file that the process of a job holds locked.
func jobLock(dir, job string) *flock.Flock {
	return flock.New(filepath.Join(dir, "jobs", job+".lock"))
}

// NewRecorder creates the job in the catalog, marks those whose process is
// gone as interrupted, and starts to write.
func NewRecorder(ctx context.Context, db *catalog.DB, dir string, job catalog.Job, plan *dag.Plan) (*Recorder, error) {
	if err := os.MkdirAll(filepath.Join(dir, "jobs"), 0o755); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	r := &Recorder{
		db: db, job: job.ID, lock: jobLock(dir, job.ID),
		places: make(map[dag.CacheID]int, len(plan.Steps)), started: make(map[dag.CacheID]time.Time),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	for i := range plan.Steps {
		r.places[plan.Steps[i].ID] = i
	}
	if err := r.lock.Lock(); err != nil {
		return nil, fmt.Errorf("engine: lock job %s: %w", job.ID, err)
	}
	if err := r.begin(ctx, dir, job); err != nil {
		return nil, errors.Join(err, r.unlock())
	}
	go r.write()
	return r, nil
}

func (r *Recorder) begin(ctx context.Context, dir string, job catalog.Job) error {
	if err := r.db.CreateJob(ctx, job); err != nil {
		return err
	}
	if err := r.db.StartJob(ctx, job.ID, job.Created); err != nil {
		return err
	}
	_, err := r.db.MarkInterrupted(ctx, job.Created, func(id string) bool { return id == job.ID || Alive(dir, id) })
	return err
}

// Alive reports whether the process of a job still runs. A job without a lock
// file has none.
func Alive(dir, job string) bool {
	lock := jobLock(dir, job)
	if _, err := os.Stat(lock.Path()); err != nil {
		return false
	}
	free, err := lock.TryLock()
	if free {
		// Its process is gone: the file is of no use to anybody.
		_ = os.Remove(lock.Path())
		_ = lock.Unlock()
	}
	return !free && err == nil
}

func (r *Recorder) unlock() error {
	return errors.Join(os.Remove(r.lock.Path()), r.lock.Unlock())
}

// Watch takes the events of the run. It does not block.
func (r *Recorder) Watch(e Event) {
	if e.Step == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if e.Kind == Started {
		r.started[e.Step.ID] = now
		return
	}
	record, ok := r.record(e, now)
	if !ok {
		return
	}
	r.pending = append(r.pending, record)
	select {
	case r.wake <- struct{}{}:
	default: // awake already
	}
}

func (r *Recorder) record(e Event, now time.Time) (catalog.StepRecord, bool) {
	s := e.Step
	record := catalog.StepRecord{
		JobID: r.job, CacheID: s.ID, Position: r.places[s.ID], Node: s.Node, Label: s.Label, Type: s.Type,
		Started: r.started[s.ID], Finished: now,
	}
	switch e.Kind {
	case Executed:
		record.Status = catalog.StepCompleted
		record.Result = r.result(e, now)
		record.Items = items(e.Entry)
	case Cached:
		record.Status = catalog.StepCached
	case Failed:
		record.Status, record.Message = catalog.StepFailed, e.Err.Error()
	case Skipped:
		record.Status = catalog.StepSkipped
	default:
		return record, false
	}
	if e.Entry != nil {
		record.Content = e.Entry.Content
	}
	return record, true
}

// result is the fact of an execution. When the bytes differed from what was
// recorded, what was got is the evidence.
func (r *Recorder) result(e Event, now time.Time) *catalog.Result {
	got := e.Entry.Content
	var differed *cache.DifferentError
	if errors.As(e.Err, &differed) {
		got = differed.Got
	}
	host, _ := os.Hostname()
	return &catalog.Result{
		ResolvedID: e.Entry.Made.Resolved, Content: got, Toolchain: e.Toolchain, Worker: host,
		Wall: time.Duration(e.Seconds * float64(time.Second)), Tool: time.Duration(e.ToolSeconds * float64(time.Second)),
		Cost: e.Step.Cost, Bytes: e.Entry.Size, Recorded: now, Replaces: differed == nil,
	}
}

func items(e *cache.Entry) []catalog.Item {
	out := []catalog.Item{{Content: e.Content, CID: e.CID, Size: e.Size, MediaType: e.MediaType}}
	for _, m := range e.Members {
		out = append(out, catalog.Item{Content: m.Content, CID: m.CID, Size: m.Size, MediaType: m.MediaType})
	}
	return out
}

// write is the one goroutine that talks to the catalog.
func (r *Recorder) write() {
	defer close(r.done)
	for range r.wake {
		r.flush()
	}
	r.flush()
}

// flush writes with a context of its own: what was done is recorded also when
// the run was stopped.
func (r *Recorder) flush() {
	r.mu.Lock()
	batch := r.pending
	r.pending = nil
	r.mu.Unlock()
	if err := r.db.RecordSteps(context.Background(), batch); err != nil {
		r.mu.Lock()
		r.err = errors.Join(r.err, err)
		r.mu.Unlock()
	}
}

// Close writes what is left, how the job ended, and lets go of the job. A nil
// report means that the run did not come to one, because of err.
func (r *Recorder) Close(report *Report, err error) error {
	close(r.wake)
	<-r.done
	finish := catalog.Finish{Status: catalog.Failed, At: time.Now()}
	if err != nil {
		finish.Error = err.Error()
	}
	if report != nil {
		finish.Status = catalog.Status(report.Status)
		finish.Counts = catalog.Counts{
			Total: report.Total, Executed: report.Executed, Cached: report.Cached, Failed: report.Failed, Skipped: report.Skipped,
		}
		for _, o := range report.Outputs {
			finish.Outputs = append(finish.Outputs, catalog.Output{Name: o.Name, Content: o.Content, CID: o.CID})
		}
	}
	return errors.Join(r.err, r.db.FinishJob(context.Background(), r.job, finish), r.unlock())
}
