package sandbox

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

func TestAGroupIsLimited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{"memory.max": "1048576", "memory.oom.group": "1", "pids.max": "640", "memory.swap.max": "0"}
	for name := range files {
		write(t, filepath.Join(dir, name), "")
	}
	g := &group{dir: dir, fd: -1, memory: true}
	if err := g.limit(1<<20, 640); err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %s", name, got, err, want)
		}
	}
	for events, want := range map[string]bool{"low 0\noom 0\noom_kill 0\n": false, "oom 1\noom_kill 3\n": true, "": false} {
		write(t, filepath.Join(dir, "memory.events"), events)
		if got := g.outOfMemory(); got != want {
			t.Errorf("after %q: out of memory %v", events, got)
		}
	}
	if err := (&group{dir: t.TempDir(), fd: -1}).limit(1<<20, 640); err == nil {
		t.Error("a folder that is no cgroup was limited")
	}
}

func TestMemoryIsCounted(t *testing.T) {
	t.Parallel()
	machine, own := machineMemory(), memoryOf([]int{os.Getpid()})
	if machine < 64<<20 || machine == 1<<40 || own < 1<<20 || own > machine {
		t.Errorf("this process holds %d of %d bytes", own, machine)
	}
}

func TestGroupsOfTheDeadAreRemoved(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	mine, gone := filepath.Join(parent, "artdag-"+strconv.Itoa(os.Getpid())+"-1"), filepath.Join(parent, "artdag-99999999-1")
	for _, dir := range []string{mine, gone} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	removeLeft(parent)
	if _, err := os.Stat(gone); err == nil {
		t.Error("the group of a process that is gone is still there")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("the group of a process that lives: %v", err)
	}
}

// A tool is ended when the thread that started it cannot leave its group: to the
// caller it did not start, so nobody else ends it.
func TestAToolIsEndedWhenItsStarterCannotLeave(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, Options{})
	sleep, err := s.find("sleep")
	if err != nil {
		t.Fatal(err)
	}
	for kind, confine := range map[string]confinement{s.Kind(): s.confine, "none": plain{}} {
		t.Run(kind, func(t *testing.T) {
			held, holds, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			p, err := confine.prepare(sleep, Command{Args: []string{"1000"}, Dir: t.TempDir()}, &bounds{tasks: 1000, group: noWayOut(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer p.release()
			p.cmd.Stdout = holds
			err = s.starter.start(p)
			holds.Close()
			if !errors.Is(err, os.ErrNotExist) || p.cmd.Process == nil {
				t.Fatalf("got %v, want a tool that started and a group that cannot be left", err)
			}
			if p.cmd.ProcessState == nil {
				t.Error("nobody waited for the tool")
			}
			held.SetReadDeadline(time.Now().Add(10 * time.Second)) // far more than a process takes to die
			if _, err := io.ReadAll(held); err != nil {
				t.Errorf("a process of the tool lives on: %v", err)
			}
		})
	}
}

// noWayOut is a group that a thread enters, in a folder that it cannot go back to.
func noWayOut(t *testing.T) *group {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tasks"), "")
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "tasks")); err == nil {
		t.Fatal("the folder around it can be entered")
	}
	return &group{dir: dir, fd: -1}
}
