package sandbox

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
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

// A thread that cannot leave the group again leaves no tool behind: whoever
// called is told that none was started.
func TestAThreadThatCannotGoBackLeavesNoTool(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "group")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tasks"), nil, 0o644); err != nil { // the folder above has none
		t.Fatal(err)
	}
	tool := exec.Command("sleep", "600")
	if err := (&group{dir: dir, fd: -1}).start(tool); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the start: %v, want that of the file that is not there", err)
	}
	if tool.ProcessState == nil {
		t.Error("the tool was not waited for")
		_ = tool.Process.Kill()
	}
}
