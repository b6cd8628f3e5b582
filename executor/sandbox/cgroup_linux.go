package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// limiter bounds the memory and the number of processes of tools by a cgroup of
// version 2 where one may be made. Else the sampler bounds them, and the kernel
// the number of threads: by a cgroup of version 1 where that may be made, and by
// the resource limit of the sandbox (see namespace.bound).
type limiter struct {
	parent string // of the cgroups of version 2 that it makes; empty where none may be made
	pids   string // of those of version 1
	most   int64  // threads that one call may have at all: see share
}

// tasks is how many threads a call may have: what the kernel counts, where the
// sampler counts processes. It is far above what tools need, which have some
// pools of a thread for each core, and far below what a machine has.
func (l limiter) tasks(processes int) int64 {
	return min(int64(4*processes+1024+64*runtime.NumCPU()), l.most)
}

// share returns a quarter of the threads that there may be here, so that tools
// that run wild leave some to this process: a Go program dies without.
func share() int64 {
	own, _ := ownCgroup("pids", "pids.max")
	own2, _ := ownCgroup("", "pids.max")
	most := int64(math.MaxInt64)
	for _, path := range []string{
		"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max", filepath.Join(own, "pids.max"), filepath.Join(own2, "pids.max"),
		"/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max", // in a container
	} {
		text, _ := os.ReadFile(path) // most machines have some of these
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			most = min(most, n)
		}
	}
	return most / 4
}

// newLimiter tries the cgroup of this process, then the one around it: a group
// that holds processes may not hold limited groups, unless it is the root.
func newLimiter() limiter {
	l := limiter{most: share()}
	own, ok := ownCgroup("", "cgroup.controllers")
	for _, dir := range []string{own, filepath.Dir(own)} {
		if l.parent = dir; ok && l.works() {
			return l
		}
	}
	l.parent = ""
	if l.pids, ok = ownCgroup("pids", "tasks"); !ok || !l.works() {
		l.pids = ""
	}
	return l
}

// works makes a group and removes it, with those of processes that were killed.
func (l limiter) works() bool {
	removeLeft(l.parent + l.pids)
	g, err := l.group(64<<20, 64)
	if err == nil {
		g.remove()
	}
	return err == nil
}

// removeLeft removes the groups of processes that are gone. One with a process in
// it cannot be removed.
func removeLeft(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, "artdag-*-*")) // none is no harm
	for _, group := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(group), "artdag-"), "-")
		if _, err := os.Stat("/proc/" + pid); errors.Is(err, os.ErrNotExist) {
			_ = syscall.Rmdir(group)
		}
	}
}

// ownCgroup returns the folder of this process's cgroup: of the hierarchy of
// version 1 that has the controller, or, without one, of version 2. It has the
// file. The root of version 2 cannot be limited, and counts as none.
func ownCgroup(controller, file string) (string, bool) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":") // "8:pids:/path", "0::/path"
		controllers, path, _ := strings.Cut(rest, ":")
		if controllers == controller {
			dir := filepath.Join("/sys/fs/cgroup", controller, path)
			_, err := os.Stat(filepath.Join(dir, file))
			return dir, err == nil && (controller != "" || path != "/")
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

// bound makes the group of one call.
func (l limiter) bound(cmd Command) (*bounds, error) {
	b := &bounds{memory: cmd.Memory, processes: cmd.Processes, tasks: l.tasks(cmd.Processes), share: l.most}
	if l.parent == "" && l.pids == "" {
		return b, nil
	}
	var err error
	b.group, err = l.group(cmd.Memory, b.tasks)
	return b, err
}

// group is the cgroup of one call.
type group struct {
	dir    string
	fd     int
	memory bool // it bounds memory as well, which is version 2
}

func (l limiter) group(memory, tasks int64) (*group, error) {
	g := &group{fd: -1, memory: l.parent != ""}
	var err error
	if g.dir, err = os.MkdirTemp(l.parent+l.pids, fmt.Sprintf("artdag-%d-", os.Getpid())); err != nil { // one is empty
		return nil, err
	}
	err = g.limit(memory, tasks)
	if err == nil && g.memory {
		g.fd, err = unix.Open(g.dir, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		g.remove()
		return nil, err
	}
	return g, nil
}

// start is cmd.Start into the group, if there is one, so that all is counted from
// the first instruction on. Version 1 knows no start into a group, but groups of
// threads: a process begins in that of the thread which starts it. The caller is
// locked to its thread. If the thread cannot leave the group again, that is the
// error, and cmd runs: the caller ends it.
func (g *group) start(cmd *exec.Cmd) error {
	if g == nil {
		return cmd.Start()
	}
	if g.memory {
		cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, g.fd
		return cmd.Start()
	}
	if err := writeExisting(filepath.Join(g.dir, "tasks"), "0"); err != nil {
		return err
	}
	return errors.Join(cmd.Start(), writeExisting(filepath.Join(filepath.Dir(g.dir), "tasks"), "0"))
}

// folder is where a process enters the group by itself; empty where there is none.
func (g *group) folder() string {
	if g == nil {
		return ""
	}
	return g.dir
}

// enter moves this process, with all its threads, into the group of the folder.
func enter(dir string) error { return writeExisting(filepath.Join(dir, "cgroup.procs"), "0") }

func (g *group) limit(memory, tasks int64) error {
	if err := writeExisting(filepath.Join(g.dir, "pids.max"), strconv.FormatInt(tasks, 10)); err != nil || !g.memory {
		return err
	}
	for _, limit := range []struct {
		file  string
		value int64
	}{
		{"memory.max", memory}, {"memory.oom.group", 1},
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

// boundsMemory reports whether the kernel does.
func (g *group) boundsMemory() bool { return g != nil && g.memory }

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
