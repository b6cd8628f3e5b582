package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/artdag/artdag/claim"
)

// measureMemory has a farm without workers plan and submit a large job, and
// looks at what Redis and the scheduler hold then; and at a worker that has
// nothing to do.
func measureMemory(b *bench) (rows []result, err error) {
	n := b.n(100_000, 5_000)
	w, err := b.newWhole(0, crewMember{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	before, err := w.usedMemory(b.ctx)
	if err != nil {
		return nil, err
	}
	if err := b.submitted(w, n); err != nil {
		return nil, err
	}
	after, err := w.usedMemory(b.ctx)
	if err != nil {
		return nil, err
	}
	time.Sleep(5 * time.Second) // the job waits for workers now, and planning is over
	scheduler, most, err := resident(w.scheduler.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	b.say("the scheduler took %.0f MB at most", float64(most)/1e6)
	worker, err := b.idleWorker()
	open := fmt.Sprintf("%dk open steps", n/1000)
	return []result{
		result{Name: "memory of Redis", Unit: "B/step", Ours: (after - before) / float64(n), Goal: atMost("ours", 1500), Beside: open}.judged(),
		result{Name: "memory of the scheduler", Unit: "MB", Ours: float64(scheduler) / 1e6, Goal: atMost("ours", 250), Beside: open}.judged(),
		result{Name: "memory of a worker", Unit: "MB", Ours: float64(worker) / 1e6, Goal: atMost("ours", 80), Beside: "idle"}.judged(),
	}, err
}

// submitted brings a job of n steps onto a farm that has nobody to do them.
func (b *bench) submitted(w *whole, n int) error {
	job, err := w.submit(b.recipe(n), claim.Default)
	if err != nil {
		return err
	}
	claims, err := claim.New(w.client, w.redis.Prefix)
	if err != nil {
		return err
	}
	if _, err := claims.Refresh(b.ctx); err != nil {
		return err
	}
	return b.await("all steps are submitted", func() bool {
		counts, err := claims.Job(b.ctx, job)
		return err == nil && counts.Sealed && counts.Open == n
	})
}

// usedMemory is what Redis has given out, in bytes.
func (g *grounds) usedMemory(ctx context.Context) (float64, error) {
	text, err := g.client.Info(ctx, "memory").Result()
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(text, "used_memory:")
	value, _, _ := strings.Cut(rest, "\r\n")
	return strconv.ParseFloat(value, 64)
}

// resident returns the bytes in memory of a process now, and at most.
func resident(pid int) (now, most int64, err error) {
	status := fmt.Sprintf("/proc/%d/status", pid)
	for name, value := range map[string]*int64{"VmRSS": &now, "VmHWM": &most} {
		if _, err := fmt.Sscan(field(status, name), value); err != nil {
			return 0, 0, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		*value <<= 10 // kB
	}
	return now, most, nil
}

// idleWorker starts the worker's own program and returns the bytes that it holds
// when it has had nothing to do for a while.
func (b *bench) idleWorker() (int64, error) {
	path, err := b.farmProgram("worker")
	if err != nil {
		return 0, err
	}
	folder, err := b.folder("worker")
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(path, "--cache-dir", folder, "--redis", b.redisURL, "--ipfs", "", "--grace", "1s", "--slots", "1", "--classes", "gpu")
	said := func() error {
		text, err := os.ReadFile(b.logOf(cmd))
		if err == nil && !strings.Contains(string(text), "msg=worker") {
			err = errors.New("it does not work yet")
		}
		return err
	}
	s, err := b.serve(cmd, "", syscall.SIGTERM, said)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	time.Sleep(time.Duration(b.n(20, 2)) * time.Second)
	now, _, err := resident(cmd.Process.Pid)
	return now, err
}
