package api_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha3"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// memory is a farm of jobs in memory, whose events the tests tell.
type memory struct {
	dir     string
	mu      sync.Mutex
	jobs    []*jobInMemory // the oldest first
	bytes   map[dag.ContentHash][]byte
	workers []api.Worker
	drained []string
	scaled  []api.Fleet // what Scale was asked
	ready   map[string]error
	fails   error // of every method, if set
	watched chan string
}

type jobInMemory struct {
	api.Job
	submission api.Submission
	plan       *dag.Plan
	steps      []api.Step
	events     []api.Event
	changed    chan struct{} // closed and replaced
	log        string
}

var _ api.Farm = (*memory)(nil)

func newMemory(t *testing.T) *memory {
	return &memory{dir: t.TempDir(), bytes: make(map[dag.ContentHash][]byte), watched: make(chan string, 100)}
}

func (m *memory) Submit(_ context.Context, s api.Submission) (api.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	parsed, err := recipe.Parse(s.File, []byte(s.Recipe))
	if err := cmp.Or(m.fails, err); err != nil {
		return api.Job{}, err
	}
	for _, hashes := range s.Inputs {
		for _, h := range hashes {
			if m.bytes[h] == nil {
				return api.Job{}, &api.MissingError{Contents: []dag.ContentHash{h}}
			}
		}
	}
	j := &jobInMemory{changed: make(chan struct{}), submission: s, Job: api.Job{
		ID: fmt.Sprintf("01JOB%021d", len(m.jobs)), RunID: dag.RunID{1}, Name: parsed.Name, Actor: s.Actor, Status: catalog.Queued,
		Priority: s.Priority, Created: time.UnixMilli(1_700_000_000_000 + int64(len(m.jobs)/2)).UTC(), Inputs: s.Inputs, Params: s.Params,
	}}
	m.jobs = append(m.jobs, j)
	return j.Job, nil
}

func (m *memory) Jobs(_ context.Context, q catalog.JobQuery) ([]api.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []api.Job
	for _, j := range slices.Backward(m.jobs) {
		behind := q.After.ID == "" || j.Created.Before(q.After.Created) || j.Created.Equal(q.After.Created) && j.ID < q.After.ID
		if behind && len(out) < q.Limit && (len(q.Status) == 0 || slices.Contains(q.Status, j.Status)) && (q.Recipe == "" || q.Recipe == j.Name) &&
			(q.Actor == "" || q.Actor == j.Actor) && !j.Created.Before(q.From) && (q.To.IsZero() || j.Created.Before(q.To)) {
			out = append(out, j.Job)
		}
	}
	return out, m.fails
}

func (m *memory) find(id string) (*jobInMemory, error) {
	if m.fails != nil {
		return nil, m.fails
	}
	var found []*jobInMemory
	for _, j := range m.jobs {
		if strings.HasPrefix(j.ID, strings.ToUpper(id)) {
			found = append(found, j)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("catalog: job %s: %w", id, catalog.ErrNotFound)
	case 1:
		return found[0], nil
	}
	return nil, &catalog.AmbiguousError{Prefix: id, Candidates: []string{found[0].ID, found[1].ID}}
}

func with[T any](m *memory, id string, do func(*jobInMemory) (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, err := m.find(id)
	if err != nil {
		var none T
		return none, err
	}
	return do(j)
}

func (m *memory) Job(_ context.Context, id string) (api.Job, error) {
	return with(m, id, func(j *jobInMemory) (api.Job, error) { return j.Job, nil })
}

func (m *memory) Plan(_ context.Context, id string) (*dag.Plan, error) {
	return with(m, id, func(j *jobInMemory) (*dag.Plan, error) {
		if j.plan == nil {
			return nil, catalog.ErrNotFound
		}
		return j.plan, nil
	})
}

func (m *memory) Steps(_ context.Context, id string, from, limit int) ([]api.Step, error) {
	return with(m, id, func(j *jobInMemory) ([]api.Step, error) {
		from = min(from, len(j.steps))
		return j.steps[from:min(from+limit, len(j.steps))], nil
	})
}

func (m *memory) Provenance(_ context.Context, id string) ([]byte, error) {
	return with(m, id, func(*jobInMemory) ([]byte, error) { return []byte(`{"made":true}`), nil })
}

func (m *memory) change(id string, to catalog.Status, from ...catalog.Status) error {
	_, err := with(m, id, func(j *jobInMemory) (bool, error) {
		if !slices.Contains(from, j.Status) {
			return false, &catalog.StateError{Job: j.ID, Is: j.Status, Want: to}
		}
		j.Status = to
		return true, nil
	})
	return err
}

func (m *memory) Cancel(_ context.Context, id string) error {
	return m.change(id, catalog.Cancelled, catalog.Queued, catalog.Running, catalog.Paused)
}

func (m *memory) Retry(_ context.Context, id string) error {
	return m.change(id, catalog.Queued, catalog.Failed, catalog.Cancelled)
}

func (m *memory) Pause(_ context.Context, id string) error {
	return m.change(id, catalog.Paused, catalog.Queued, catalog.Running)
}

func (m *memory) Resume(_ context.Context, id string) error {
	return m.change(id, catalog.Queued, catalog.Paused)
}

func (m *memory) SetPriority(_ context.Context, id string, p claim.Priority) error {
	_, err := with(m, id, func(j *jobInMemory) (bool, error) { j.Priority = p; return true, nil })
	return err
}

// tell appends an event; one with a job changes the job.
func (m *memory) tell(id string, e api.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, err := m.find(id)
	if err != nil {
		panic(err)
	}
	if e.Job != nil {
		j.Job = *e.Job
	}
	j.events = append(j.events, e)
	close(j.changed)
	j.changed = make(chan struct{})
}

func (m *memory) Watch(ctx context.Context, id, after string, emit func(api.Event) error) error {
	job, err := m.Job(ctx, id)
	if err != nil {
		return err
	}
	m.watched <- after
	next, err := strconv.Atoi(after)
	if err != nil {
		m.mu.Lock()
		j, _ := m.find(id)
		next = len(j.events)
		job = j.Job
		m.mu.Unlock()
		if err := emit(api.Event{Kind: api.State, Job: &job, ID: strconv.Itoa(next)}); err != nil || job.Status.Final() {
			return err
		}
	}
	for {
		m.mu.Lock()
		j, _ := m.find(id)
		events, changed, final := j.events[next:], j.changed, j.Status.Final()
		m.mu.Unlock()
		for _, e := range events {
			next++
			e.ID = strconv.Itoa(next)
			if err := emit(e); err != nil {
				return err
			}
		}
		if final {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *memory) Log(ctx context.Context, id string, step dag.CacheID, follow bool, w io.Writer) error {
	text, err := with(m, id, func(j *jobInMemory) (string, error) {
		if step.IsZero() {
			return "", catalog.ErrNotFound
		}
		return j.log, nil
	})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil || !follow {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

func (m *memory) Put(_ context.Context, r io.Reader, want dag.ContentHash) (api.Content, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return api.Content{}, err
	}
	got := dag.HashContent(data)
	if !want.IsZero() && got != want {
		return api.Content{}, &cache.MismatchError{Want: want, Got: got}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bytes[got] = data
	return m.content(got), m.fails
}

func (m *memory) content(h dag.ContentHash) api.Content {
	return api.Content{Hash: h, CID: "bafkrei", Size: int64(len(m.bytes[h])), MediaType: "text/html"}
}

func (m *memory) Stat(_ context.Context, h dag.ContentHash) (api.Content, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails == nil && m.bytes[h] == nil {
		return api.Content{}, cache.ErrMissing
	}
	return m.content(h), m.fails
}

func (m *memory) Open(ctx context.Context, h dag.ContentHash) (*os.File, api.Content, error) {
	c, err := m.Stat(ctx, h)
	if err != nil {
		return nil, c, err
	}
	path := filepath.Join(m.dir, h.String())
	if err := os.WriteFile(path, m.bytes[h], 0o600); err != nil {
		return nil, c, err
	}
	file, err := os.Open(path)
	return file, c, err
}

func (m *memory) Workers(context.Context) ([]api.Worker, error) { return m.workers, m.fails }

func (m *memory) Drain(_ context.Context, worker string) error {
	if !slices.ContainsFunc(m.workers, func(w api.Worker) bool { return w.ID == worker }) {
		return catalog.ErrNotFound
	}
	m.drained = append(m.drained, worker)
	return nil
}

func (m *memory) Scale(_ context.Context, k api.Fleet) (api.Scale, error) {
	m.scaled = append(m.scaled, k)
	return api.Scale{Desired: 3, Living: 1, Backlog: 9, Waiting: 8, Running: 1, Groups: []api.ScaleGroup{
		{Class: "cpu", Tags: []string{}, Ready: 8, Running: 1, Slots: 9, Workers: 1, Assumed: 4, Desired: 3, Counted: true},
	}}, m.fails
}

func (m *memory) Ready(context.Context) map[string]error { return m.ready }

// put stores bytes and returns their hash.
func (m *memory) put(data []byte) dag.ContentHash {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := dag.ContentHash(sha3.Sum256(data))
	m.bytes[h] = bytes.Clone(data)
	return h
}

// submit makes a job.
func (m *memory) submit(t *testing.T) api.Job {
	t.Helper()
	j, err := m.Submit(t.Context(), api.Submission{Recipe: notes, Priority: claim.Default})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

const notes = "name: notes\nnodes:\n  - {id: a, type: COMMAND, config: {argv: [a], outputs: [a]}}\noutputs: [a]\n"
