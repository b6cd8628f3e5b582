package sandbox

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAGroupIsLimited(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{"memory.max": "1048576", "memory.oom.group": "1", "pids.max": "640", "memory.swap.max": "0"}
	for name := range files {
		write(t, filepath.Join(dir, name), "")
	}
	g := &group{dir: dir, fd: -1}
	if err := g.limit(1<<20, 10); err != nil {
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
	if err := (&group{dir: t.TempDir(), fd: -1}).limit(1<<20, 10); err == nil {
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
