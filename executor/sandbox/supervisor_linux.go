package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// supervisor confines where namespaces may not be made. This program executes
// itself twice more:
//
//	this process --pipe--> supervisor --> launcher, which becomes the tool
//
// The launcher gives up, by Landlock and seccomp, what the tool shall not have.
// The supervisor collects every orphan of the tool, and ends them all when the
// tool ended, or when the pipe closes because this process was killed.
type supervisor struct {
	version int    // of Landlock; 0 where the kernel has none
	why     string // bubblewrap is not used
}

// The names that the two processes go by, as their argument 0.
const (
	supervisorName = "artdag-supervisor"
	launcherName   = "artdag-launcher"
)

// task tells the launcher what to become.
type task struct {
	Path     string
	Args     []string
	Dir      string
	Env      []string
	Read     []string
	Landlock bool
	Group    string // folder of the cgroup to enter, or empty
	Tasks    int64  // threads that the user of the tool may have in all
}

func (s *Sandbox) newSupervisor(why error) (*supervisor, error) {
	if !s.options.Reexec || !supervises.Load() {
		return nil, errors.New("this program cannot supervise tools")
	}
	version, err := ll.LandlockGetABIVersion()
	if err != nil || s.without("landlock") {
		version = 0
	}
	v := &supervisor{version: version, why: why.Error()}
	if err := v.try(s.starter); err != nil {
		return nil, fmt.Errorf("a supervisor does not work: %w", err)
	}
	return v, nil
}

func (v *supervisor) try(starter *starter) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // bounded: a trial
	defer cancel()
	p, err := v.prepare("/usr/bin/env", Command{Args: []string{"true"}, Dir: "/"}, &bounds{share: share()})
	if err != nil {
		return err
	}
	defer p.release()
	if err := starter.start(p); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, p.kill)()
	return errors.Join(p.started(), p.cmd.Wait())
}

func (v *supervisor) describe() string {
	if v.version == 0 {
		return "none: " + v.why + ", and the kernel has no Landlock; tools are supervised, but can read and write whatever this user can"
	}
	return fmt.Sprintf("landlock %d (%s)", v.version, v.why)
}

func (v *supervisor) close() {}

func (v *supervisor) prepare(path string, cmd Command, b *bounds) (*process, error) {
	cmd.Env = append([]string{"TMPDIR=" + cmd.Dir}, cmd.Env...)
	orders, err := json.Marshal(task{
		Path: path, Args: cmd.Args, Dir: cmd.Dir, Env: (&exec.Cmd{Env: environment(cmd)}).Environ(), Read: visible(cmd), Landlock: v.version > 0,
		Group: b.group.folder(), Tasks: 3 * b.share, // the last quarter is for what watches
	})
	if err != nil {
		return nil, err
	}
	file, err := memoryFile("task", orders)
	if err != nil {
		return nil, err
	}
	control, controlEnd, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	c := exec.Command("/proc/self/exe")
	c.Args, c.Dir, c.Env = []string{supervisorName}, cmd.Dir, []string{}
	c.ExtraFiles = []*os.File{file, control}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	closeControl := sync.OnceFunc(func() { controlEnd.Close() })
	return &process{
		cmd:     c,
		started: control.Close,
		members: func() []int { return family(c.Process.Pid)[1:] },
		kill:    closeControl,
		gone:    func() error { return nil },
		release: func() {
			closeControl()
			control.Close() // closed already if it started
			file.Close()
		},
	}, nil
}
