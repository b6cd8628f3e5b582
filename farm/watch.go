package farm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// hub reads the streams of Redis once and hands what happens to those who watch
// a job. A watcher that does not keep up misses steps, and never the end.
type hub struct {
	claims *claim.Store
	log    *slog.Logger
	// completed is called when steps have ended; it does not block.
	completed func()
	// pace is how long what happens may wait for more that happens: each look
	// costs as much as a step does.
	pace time.Duration

	mu       sync.Mutex
	watchers map[string]map[*watcher]bool // by job
}

func newHub(claims *claim.Store, log *slog.Logger) *hub {
	return &hub{claims: claims, log: log, pace: 10 * time.Millisecond, watchers: make(map[string]map[*watcher]bool)}
}

// watcher is one who watches a job.
type watcher struct {
	job    string
	events chan api.Event
	turned chan struct{} // the job itself changed
}

func (h *hub) join(job string) *watcher {
	w := &watcher{job: job, events: make(chan api.Event, 1000), turned: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[job] == nil {
		h.watchers[job] = make(map[*watcher]bool)
	}
	h.watchers[job][w] = true
	return w
}

func (h *hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watchers[w.job], w)
	if len(h.watchers[w.job]) == 0 {
		delete(h.watchers, w.job)
	}
}

// changed tells those who watch a job that it is another than before.
func (h *hub) changed(job string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers[job] {
		wake(w.turned)
	}
}

// run reads what happens, until ctx ends.
func (h *hub) run(ctx context.Context) {
	prefix := h.claims.Prefix
	at := h.end(ctx)
	at = position{cmp.Or(at.done, "0"), cmp.Or(at.events, "0")} // all of it is short then
	for ctx.Err() == nil {
		found, err := h.claims.Redis.XRead(ctx, &redis.XReadArgs{
			Streams: []string{prefix.Key("done"), prefix.Key("events"), at.done, at.events}, Count: h.most(), Block: time.Second,
		}).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			_ = pause(ctx, time.Second) // Redis is away; others say so
			continue
		}
		was := at.done
		if at = h.read(ctx, found, at); at.done != was {
			h.completed() // now: of what is skipped from here on, nobody would be told
		}
		_ = pause(ctx, h.pace) // the loop looks
	}
}

// position is how far the streams were read.
type position struct{ done, events string }

// most is how many messages are asked for: that there is one is enough to know
// when nobody watches.
func (h *hub) most() int64 {
	if h.watched() {
		return 500
	}
	return 1
}

func (h *hub) watched() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers) > 0
}

// read passes on what was found and returns how far that is.
func (h *hub) read(ctx context.Context, found []redis.XStream, at position) position {
	for _, stream := range found {
		for _, m := range stream.Messages {
			h.tell(m)
		}
		last := stream.Messages[len(stream.Messages)-1].ID
		if stream.Stream == h.claims.Prefix.Key("done") {
			at.done = last
		} else {
			at.events = last
		}
	}
	return h.ahead(ctx, at)
}

// ahead is the end of the streams when nobody watches, who would miss something.
// Where they end is looked up first: who joins after that begins there.
func (h *hub) ahead(ctx context.Context, at position) position {
	if h.watched() {
		return at
	}
	end := h.end(ctx)
	if h.watched() {
		return at
	}
	return position{cmp.Or(end.done, at.done), cmp.Or(end.events, at.events)}
}

// end is where the streams end; empty where one is, or Redis is away. To read from
// "$" on would miss what comes between two calls, until the first message.
func (h *hub) end(ctx context.Context) position {
	last := func(p redis.Pipeliner, stream string) *redis.XMessageSliceCmd {
		return p.XRevRangeN(ctx, h.claims.Prefix.Key(stream), "+", "-", 1)
	}
	var done, events *redis.XMessageSliceCmd
	_, _ = h.claims.Redis.Pipelined(ctx, func(p redis.Pipeliner) error { // each says whether it has
		done, events = last(p, "done"), last(p, "events")
		return nil
	})
	id := func(found *redis.XMessageSliceCmd) string {
		if found.Err() != nil || len(found.Val()) == 0 {
			return ""
		}
		return found.Val()[0].ID
	}
	return position{id(done), id(events)}
}

// tell hands one message to the watchers of its jobs.
func (h *hub) tell(m redis.XMessage) {
	field := func(name string) string { text, _ := m.Values[name].(string); return text }
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.watchers) == 0 {
		return
	}
	for job := range strings.SplitSeq(field("jobs"), ",") {
		for w := range h.watchers[job] {
			select {
			case w.events <- eventOf(m.ID, job, field):
			default:
			}
		}
	}
}

func eventOf(id, job string, field func(string) string) api.Event {
	step, _ := dag.ParseID[dag.CacheID](field("id")) // the zero id matches no step
	e := api.Event{ID: id, Step: step, Worker: field("worker"), Message: field("detail")}
	switch field("kind") {
	case "started":
		e.Kind = api.StepStarted
		return e
	case "retry", "lost":
		e.Kind = api.StepRetried
		return e
	case "failed":
		e.Kind = api.StepFailed
		return e
	}
	content, _ := dag.ParseID[dag.ContentHash](field("hash"))
	e.Content = content
	switch {
	case field("st") == string(claim.Skipped):
		e.Kind = api.StepSkipped
	case field("st") == string(claim.HasFailed):
		e.Kind, e.Message = api.StepFailed, field("msg")
	case field("executed") == "1" && field("by") == job:
		e.Kind = api.StepExecuted
		if meta, err := claim.DecodeMeta(field("meta")); err == nil {
			e.Seconds = float64(meta.Wall) / 1000
		}
	default:
		e.Kind = api.StepCached
	}
	return e
}

// Watch tells what happens to a job until it is final.
func (s *Scheduler) Watch(ctx context.Context, id, _ string, emit func(api.Event) error) error {
	job, err := s.Job(ctx, id)
	if err != nil {
		return err
	}
	w := s.hub.join(job.ID)
	defer s.hub.leave(w)
	if job, err = s.Job(ctx, job.ID); err != nil { // it may have ended before we joined
		return err
	}
	if err := emit(api.Event{Kind: api.State, Job: &job}); err != nil || job.Status.Final() {
		return err
	}
	v := &viewer{s: s, job: job, emit: emit, running: make(map[dag.CacheID]float64)}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case e := <-w.events:
			err = v.step(ctx, e)
		case <-w.turned:
			err = v.turn(ctx, w)
		case <-tick.C:
			err = errors.Join(v.progress(ctx), v.turn(ctx, w))
		}
		if err != nil || v.job.Status.Final() {
			return err
		}
	}
}

// viewer is one watch.
type viewer struct {
	s       *Scheduler
	job     api.Job
	emit    func(api.Event) error
	running map[dag.CacheID]float64 // progress as last told
}

// step names the step and passes the event on.
func (v *viewer) step(ctx context.Context, e api.Event) error {
	plan, err := v.s.planByJob(ctx, v.job.ID)
	if err == nil {
		if at, ok := plan.at[e.Step]; ok {
			e.Label, e.Type = plan.Steps[at].Label, plan.Steps[at].Type
		}
	}
	switch e.Kind {
	case api.StepStarted:
		v.running[e.Step] = 0
	default:
		delete(v.running, e.Step)
	}
	return v.emit(e)
}

// turn looks at the job, and tells if it is another than before. Before the end
// it passes on what waits to be told.
func (v *viewer) turn(ctx context.Context, w *watcher) error {
	job, err := v.s.Job(ctx, v.job.ID)
	if err != nil {
		return err
	}
	for job.Status.Final() {
		select {
		case e := <-w.events:
			if err := v.step(ctx, e); err != nil {
				return err
			}
			continue
		default:
		}
		break
	}
	same := job.Status == v.job.Status && job.Steps.Total == v.job.Steps.Total && job.Priority == v.job.Priority && job.Missing == v.job.Missing
	v.job = job
	if same {
		return nil
	}
	return v.emit(api.Event{Kind: api.Changed, Job: &job})
}

// progress tells how far running steps are.
func (v *viewer) progress(ctx context.Context) error {
	for id, was := range v.running {
		text, err := v.s.Redis.Get(ctx, v.s.Prefix.Claim(id.String())).Result()
		if err != nil {
			continue // it has ended, or Redis is away
		}
		var record struct {
			Progress string `json:"progress"`
			Worker   string `json:"worker"`
		}
		var done float64
		if json.Unmarshal([]byte(text), &record) != nil || json.Unmarshal([]byte(record.Progress), &done) != nil || done <= was {
			continue
		}
		if err := v.step(ctx, api.Event{Kind: api.StepProgress, Step: id, Worker: record.Worker, Done: done}); err != nil {
			return err
		}
		v.running[id] = done
	}
	return nil
}

// Log writes what the tools of a step said: from the worker that runs it, or
// from what was kept.
func (s *Scheduler) Log(ctx context.Context, id string, step dag.CacheID, follow bool, w io.Writer) error {
	if _, err := s.Catalog.Job(ctx, id); err != nil {
		return err
	}
	states, err := s.claims.Steps(ctx, []dag.CacheID{step})
	if err == nil && states[0].Worker != "" {
		living, err := s.roster.living(ctx)
		if d, ok := living[states[0].Worker]; ok && err == nil && d.Address != "" {
			return s.remoteLog(ctx, d.Address, step, follow, w)
		}
	}
	log, err := s.index.Log(ctx, step)
	if err != nil {
		return err
	}
	if log.IsZero() {
		return fmt.Errorf("farm: log of step %s: %w", step.Short(), catalog.ErrNotFound)
	}
	file, _, err := s.Open(ctx, log)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteTo(w)
	return err
}

// remoteLog copies a log from the worker that has it.
func (s *Scheduler) remoteLog(ctx context.Context, address string, step dag.CacheID, follow bool, w io.Writer) error {
	where := address + "/log/" + step.String()
	if follow {
		where += "?follow=1"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return fmt.Errorf("farm: log: %w", err)
	}
	if s.Token != "" {
		request.Header.Set("Authorization", "Bearer "+s.Token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", api.ErrUnavailable, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotFound {
		return fmt.Errorf("farm: log of step %s: %w", step.Short(), catalog.ErrNotFound)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: the worker answered %s", api.ErrUnavailable, answer.Status)
	}
	_, err = io.Copy(w, answer.Body)
	return err
}
