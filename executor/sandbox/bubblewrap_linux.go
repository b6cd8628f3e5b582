package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// bubblewrap confines by namespaces: a tool sees its own processes, no network
// and a file system of what it is shown.
type bubblewrap struct {
	path    string
	version string
	base    []string // arguments that every call has
	mark    string   // argument 0 of every call, by which the keeper knows them
	keeper  *keeper
}

// newBubblewrap returns bubblewrap if it works here. Present is not enough:
// under the seccomp profile of Docker, for one, it may not make namespaces.
func (s *Sandbox) newBubblewrap() (*bubblewrap, error) {
	if s.without("bubblewrap") {
		return nil, errors.New("bubblewrap is left out")
	}
	path, err := s.find("bwrap")
	if err != nil {
		return nil, errors.New("bubblewrap is not installed (apt-get install bubblewrap)")
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("bubblewrap does not start: %w", err)
	}
	b := &bubblewrap{path: path, version: strings.TrimPrefix(strings.TrimSpace(string(version)), "bubblewrap ")}
	if err := s.guard(b); err != nil {
		return nil, fmt.Errorf("%w: %w", errGuard, err)
	}
	for _, hardened := range []bool{true, false} {
		b.base = baseArguments(hardened)
		if err = b.try(); err == nil {
			return b, nil
		}
	}
	b.close()
	return nil, fmt.Errorf("bubblewrap may not make namespaces here: %w", err)
}

// errGuard is a bubblewrap that might leave something behind: no reason to
// confine tools by less, but to stop.
var errGuard = errors.New("nothing would end what bubblewrap leaves behind")

// guard sees to what is left behind: by a predecessor, now, and by this
// process, when it is killed.
func (s *Sandbox) guard(b *bubblewrap) error {
	b.mark = newMark()
	if s.options.Folder != "" {
		if err := succeed(s.options.Folder, b.mark); err != nil {
			return err
		}
	}
	var err error
	b.keeper, err = s.newKeeper(b.mark)
	return err
}

func (b *bubblewrap) close() { b.keeper.stop() }

func (b *bubblewrap) describe() string { return "bubblewrap " + b.version }

// try runs nothing in a sandbox.
func (b *bubblewrap) try() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // bounded: a trial
	defer cancel()
	args := append(slices.Clone(b.base), "--remount-ro", "/", "--", "/usr/bin/env", "true")
	trial := exec.CommandContext(ctx, b.path, args...)
	trial.Args[0] = b.mark
	out, err := trial.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// baseArguments are those that do not depend on the call. hardened forbids the
// tool to make namespaces of its own, which older versions cannot.
func baseArguments(hardened bool) []string {
	args := []string{"--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net",
		"--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "artdag"}
	if hardened {
		args = append(args, "--disable-userns")
	}
	for _, path := range system() {
		args = append(args, "--ro-bind-try", path, path)
	}
	for _, path := range roots() {
		if target, err := os.Readlink(path); err == nil {
			args = append(args, "--symlink", target, path)
		} else {
			args = append(args, "--ro-bind-try", path, path)
		}
	}
	// What is written to /tmp and /dev/shm is memory that no process holds.
	return append(args, "--proc", "/proc", "--dev", "/dev",
		"--size", "268435456", "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--size", "268435456", "--tmpfs", "/tmp")
}

// arguments shows the tool its files. Later mounts lie on top of earlier ones:
// what is read-only inside the writable folder comes after it.
func (b *bubblewrap) arguments(path string, cmd Command) []string {
	args := slices.Clone(b.base)
	bind := func(how, path string) { args = append(args, how, path, path) }
	if folder := toolFolder(path); folder != "" {
		bind("--ro-bind", folder)
	}
	shown := visible(cmd)
	for _, path := range shown {
		if !within(path, cmd.Dir) {
			bind("--ro-bind", path)
		}
	}
	bind("--bind", cmd.Dir)
	for _, path := range shown {
		if within(path, cmd.Dir) {
			bind("--ro-bind", path)
		}
	}
	return append(args, "--remount-ro", "/", "--chdir", cmd.Dir)
}

func (b *bubblewrap) prepare(path string, cmd Command, to *bounds) (*process, error) {
	status, statusEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	options, err := memoryFile("arguments", []byte(strings.Join(b.arguments(path, cmd), "\x00")+"\x00"))
	if err != nil {
		return nil, errors.Join(err, status.Close(), statusEnd.Close())
	}
	hold, holdEnd, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, status.Close(), statusEnd.Close(), options.Close())
	}
	c := exec.Command(b.path, append([]string{"--args", "3", "--json-status-fd", "4", "--block-fd", "5", "--", path}, cmd.Args...)...)
	c.Args[0], c.Dir, c.Env = b.mark, "/", environment(cmd)
	c.ExtraFiles = []*os.File{options, statusEnd, hold}
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	n := &namespace{cmd: c, status: json.NewDecoder(status), tasks: to.tasks}
	return &process{
		cmd:   c,
		group: to.group,
		started: func() error {
			return errors.Join(statusEnd.Close(), hold.Close(), n.enter(), holdEnd.Close()) // now the tool begins
		},
		members: func() []int { return family(n.first)[1:] },
		kill:    n.kill,
		gone:    n.gone,
		release: func() {
			for _, file := range []io.Closer{status, statusEnd, options, hold, holdEnd, n} {
				file.Close() // some are closed already
			}
		},
	}, nil
}
