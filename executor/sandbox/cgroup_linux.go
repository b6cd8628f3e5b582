package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// limiter bounds the memory and the number of processes of tools: memory by a
// cgroup of version 2 where one may be made, else by the sampler.
type limiter struct {
	parent string // of the cgroups that it makes; empty where none may be made
	made   *atomic.Int64
}

// tasksPerProcess is how many threads a process may have on average: a cgroup
// counts threads. The sampler counts processes.
const tasksPerProcess = 64

// newLimiter tries the cgroup of this process, then the one around it: a group
// that holds processes may not hold limited groups, unless it is the root.
func newLimiter() limiter {
	l := limiter{made: new(atomic.Int64)}
	own, ok := ownGroup2()
	if !ok {
		return l
	}
	for _, dir := range []string{own, filepath.Dir(own)} {
		l.parent = dir
		if g, err := l.group(64<<20, 1); err == nil {
			g.remove()
			return l
		}
	}
	l.parent = ""
	return l
}

// ownGroup2 returns the folder of this process's cgroup of version 2.
func ownGroup2() (string, bool) {
	const root = "/sys/fs/cgroup"
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
			return filepath.Join(root, path), err == nil && path != "/"
		}
	}
	return "", false
}

func (l limiter) describe() string {
	if l.parent == "" {
		return "sampler"
	}
	return "cgroup"
}

// bound prepares the bounds of one call; the process starts inside its group.
func (l limiter) bound(p *process, cmd Command) (*bounds, error) {
	b := &bounds{memory: cmd.Memory, processes: cmd.Processes}
	if l.parent == "" {
		return b, nil
	}
	g, err := l.group(cmd.Memory, cmd.Processes)
	if err != nil {
		return nil, err
	}
	b.group = g
	p.cmd.SysProcAttr.UseCgroupFD, p.cmd.SysProcAttr.CgroupFD = true, g.fd
	return b, nil
}

// group is the cgroup of one call.
type group struct {
	dir string
	fd  int
}

func (l limiter) group(memory int64, processes int) (*group, error) {
	dir := filepath.Join(l.parent, fmt.Sprintf("artdag-%d-%d", os.Getpid(), l.made.Add(1)))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	g := &group{dir: dir, fd: -1}
	err := g.limit(memory, processes)
	if err == nil {
		g.fd, err = unix.Open(dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		g.remove()
		return nil, err
	}
	return g, nil
}

func (g *group) limit(memory int64, processes int) error {
	for _, limit := range []struct {
		file  string
		value int64
	}{
		{"memory.max", memory}, {"memory.oom.group", 1}, {"pids.max", int64(processes) * tasksPerProcess},
	} {
		// The files exist already; they are never made.
		if err := writeExisting(filepath.Join(g.dir, limit.file), strconv.FormatInt(limit.value, 10)); err != nil {
			return err
		}
	}
	err := writeExisting(filepath.Join(g.dir, "memory.swap.max"), "0")
	if errors.Is(err, os.ErrNotExist) {
		return nil // a kernel that does not count swap
	}
	return err
}

func writeExisting(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}

// outOfMemory reports whether the kernel killed a process of the group for its
// memory.
func (g *group) outOfMemory() bool {
	text, err := os.ReadFile(filepath.Join(g.dir, "memory.events"))
	if err != nil {
		return false
	}
	for line := range bytes.Lines(text) {
		if kills, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("oom_kill ")); ok {
			return string(kills) != "0"
		}
	}
	return false
}

// remove removes the group once its processes are gone. One that cannot be
// removed is empty and costs nothing.
func (g *group) remove() {
	if g.fd >= 0 {
		_ = unix.Close(g.fd)
	}
	_ = syscall.Rmdir(g.dir)
}
