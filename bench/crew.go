package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/farm"
	"github.com/artdag/artdag/tasks"
)

// The workers of both sides are processes of their own: this program again,
// with one of these as its first argument and a crewMember as its second.
const (
	oursArgument   = "worker-in-child"
	theirsArgument = "asynq-in-child"
)

// crewMember says what a worker process is to be.
type crewMember struct {
	Redis string
	ID    string
	First int           // number of the first that is hired
	Dir   string        // ours: of the journal
	Slots int           // ours: slots, theirs: concurrency
	Sleep time.Duration // what a step takes
	Poll  time.Duration // theirs: how often an idle server looks; 0 for asynq's default
	// Profiles is the folder of CPU profiles; empty for none.
	Profiles string
}

// crew are worker processes.
type crew []*hand

// hand is one worker process; it answers questions on its standard streams.
type hand struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err bytes.Buffer
}

// hire starts n workers of a kind and waits until they take work.
func (b *bench) hire(kind string, n int, m crewMember) (c crew, err error) {
	for i := range n {
		m.Redis, m.ID, m.Profiles = b.redisURL, "w"+strconv.Itoa(m.First+i), b.profiles
		if m.Dir, err = b.folder("worker"); err != nil {
			return nil, errors.Join(err, c.dismiss())
		}
		text, err := json.Marshal(m)
		if err != nil {
			return nil, errors.Join(err, c.dismiss())
		}
		h, err := b.start(kind, string(text))
		if err != nil {
			return nil, errors.Join(err, c.dismiss())
		}
		c = append(c, h)
	}
	for _, h := range c {
		if line, err := h.told(); err != nil || line != "ready" {
			return nil, errors.Join(fmt.Errorf("a worker said %q", line), err, c.dismiss())
		}
	}
	return c, nil
}

// start starts this program once more, as one of its children.
func (b *bench) start(kind, argument string) (*hand, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &hand{cmd: exec.CommandContext(b.ctx, self, kind, argument)}
	h.cmd.Stderr = &h.err
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.out = bufio.NewReader(out)
	return h, h.cmd.Start()
}

// told returns the next line that a process prints.
func (h *hand) told() (string, error) {
	line, err := h.out.ReadString('\n')
	if err != nil {
		err = fmt.Errorf("a process of the bench: %w: %s", err, tail(h.err.Bytes()))
	}
	return strings.TrimSpace(line), err
}

// begun returns when each worker began its steps.
func (c crew) begun() ([][]time.Time, error) {
	out := make([][]time.Time, len(c))
	for i, h := range c {
		if _, err := fmt.Fprintln(h.in, "begun"); err != nil {
			return nil, err
		}
		line, err := h.out.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("a worker: %w: %s", err, tail(h.err.Bytes()))
		}
		if err := json.Unmarshal(line, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// kill ends one worker at once, and returns the others.
func (c crew) kill(who int) (crew, error) {
	err := c[who].cmd.Process.Kill()
	_ = c[who].cmd.Wait() // that it was killed is known
	return slices.Delete(slices.Clone(c), who, who+1), err
}

// dismiss stops the workers and waits for them.
func (c crew) dismiss() error {
	var errs []error
	for _, h := range c {
		errs = append(errs, h.in.Close())
	}
	for _, h := range c {
		if err := h.cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("a worker: %w: %s", err, tail(h.err.Bytes())))
		}
	}
	return errors.Join(errs...)
}

// tally notes when steps begin. It is safe for concurrent use.
type tally struct {
	mu    sync.Mutex
	begun []time.Time
}

func (t *tally) note() {
	at := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun = append(t.begun, at)
}

func (t *tally) text() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return json.Marshal(t.begun)
}

// work is the rest of a worker process: it answers until its input ends.
func (t *tally) work() error {
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		text, err := t.text()
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	}
	return nil
}

func memberOf(args []string) (m crewMember, client redis.UniversalClient, open func() redis.UniversalClient, err error) {
	if err := json.Unmarshal([]byte(args[0]), &m); err != nil {
		return m, nil, nil, err
	}
	where, err := farm.ParseRedis(m.Redis)
	if err != nil {
		return m, nil, nil, err
	}
	open = func() redis.UniversalClient { return where.Open(0) }
	return m, open(), open, nil
}

// workInChild is one of our workers, with steps that do nothing.
func workInChild(args []string) error {
	farm.Ballast()
	m, client, open, err := memberOf(args)
	if err != nil {
		return err
	}
	defer client.Close()
	stop, err := profiled(m.Profiles, "worker")
	if err != nil {
		return err
	}
	defer stop()
	w, made, err := newWorker(m, client)
	if err != nil {
		return err
	}
	defer w.Journal.Close()     //nolint:errcheck // of a folder that is removed
	ctx := context.Background() // of a whole process
	if _, err := w.Claims.Refresh(ctx); err != nil {
		return err
	}
	if err := w.Start(ctx, func() (redis.UniversalClient, error) { return open(), nil }); err != nil {
		return err
	}
	defer w.Stop()
	return made.work()
}

func newWorker(m crewMember, client redis.UniversalClient) (*tasks.Worker, *tally, error) {
	claims, err := claim.New(client, "artdag:")
	if err != nil {
		return nil, nil, err
	}
	journal, err := tasks.OpenJournal(m.Dir)
	if err != nil {
		return nil, nil, err
	}
	made := &tally{}
	return &tasks.Worker{
		Claims: claims, Identity: claim.Worker{ID: m.ID, Holder: m.ID}, Classes: []string{"cpu"}, Slots: m.Slots,
		Describe:  func(free int, draining bool, _ string) string { return m.describe(free, draining) },
		Performer: &idler{tally: made, sleep: m.Sleep}, Journal: journal, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}, made, nil
}

// describe is what the scheduler knows of the worker: that it lives, how many
// slots it has, and what it can do.
func (m crewMember) describe(free int, draining bool) string {
	text, _ := json.Marshal(struct {
		api.Worker
		Types []string `json:"types"`
	}{
		api.Worker{ID: m.ID, Slots: m.Slots, Free: free, Classes: []string{"cpu"}, Draining: draining, Seen: time.Now()}, []string{"COMMAND@1", "NOOP@1"},
	}) // no field of it can fail
	return string(text)
}

// idler performs steps by doing nothing, for a while; the result is made up.
type idler struct {
	*tally
	sleep time.Duration
}

var _ tasks.Performer = (*idler)(nil)

// Perform describes a result as the renderer does, without bytes.
func (p *idler) Perform(ctx context.Context, a tasks.Assignment) (tasks.Made, error) {
	p.note()
	began := time.Now()
	if p.sleep > 0 {
		select {
		case <-time.After(p.sleep):
		case <-ctx.Done():
			return tasks.Made{}, context.Cause(ctx)
		}
	}
	content := dag.ContentHash(a.Resolved)
	cid := "bafkrei" + content.String()[:52]
	return tasks.Made{Content: content, CID: cid, Size: 1, Executed: true, Meta: claim.Meta{
		Label: a.Spec.Label, Type: a.Spec.Type, Toolchain: "none", Started: began, Wall: time.Since(began).Milliseconds(), Attempt: a.Attempt,
		Items: []claim.MetaItem{{Content: content, CID: cid, Size: 1, MediaType: "text/plain"}},
	}}, nil
}

// asynqInChild is a server of plain asynq. A payload is how many more tasks the
// handler enqueues, one after the other: a chain.
func asynqInChild(args []string) error {
	m, client, open, err := memberOf(args)
	if err != nil {
		return err
	}
	defer client.Close()
	begun, next := &tally{}, asynq.NewClientFromRedisClient(client)
	server := asynq.NewServerFromRedisClient(open(), asynq.Config{Concurrency: m.Slots, TaskCheckInterval: m.Poll, LogLevel: asynq.ErrorLevel})
	err = server.Start(asynq.HandlerFunc(func(_ context.Context, task *asynq.Task) error {
		begun.note()
		time.Sleep(m.Sleep)
		if left, _ := strconv.Atoi(string(task.Payload())); left > 0 {
			_, err := next.Enqueue(asynq.NewTask("noop", strconv.AppendInt(nil, int64(left-1), 10)))
			return err
		}
		return nil
	}))
	if err != nil {
		return err
	}
	defer server.Shutdown()
	return begun.work()
}
