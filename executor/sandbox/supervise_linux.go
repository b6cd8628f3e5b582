package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// The files that a supervisor is given; a launcher is given the first.
const (
	taskFile    = 3
	controlFile = 4
)

// notStarted is the exit code of a tool that could not be started, as in shells.
const notStarted = 127

// supervises is set once Supervise was called.
var supervises atomic.Bool

// Supervise does nothing unless this process was started to supervise a tool,
// or to keep watch; then it does that and never returns. A program whose Options say Reexec calls
// it first thing in main.
//
// It also allows New to execute the program again. A program that does not call
// it is never executed again: it would not become a supervisor but run itself,
// and that without end.
func Supervise() {
	supervises.Store(true)
	switch os.Args[0] {
	case supervisorName:
		os.Exit(supervise())
	case launcherName:
		fmt.Fprintln(os.Stderr, "sandbox:", launch())
		os.Exit(notStarted)
	case keeperName:
		if err := keep(); err != nil {
			os.Exit(1) // nobody reads what it would say
		}
		os.Exit(0)
	}
}

func supervise() int {
	runtime.LockOSThread() // the launcher dies with this thread
	unix.CloseOnExec(taskFile)
	unix.CloseOnExec(controlFile)
	tool := exec.Command("/proc/self/exe")
	tool.Args, tool.Env = []string{launcherName}, []string{}
	tool.Stdin, tool.Stdout, tool.Stderr = os.Stdin, os.Stdout, os.Stderr
	tool.ExtraFiles = []*os.File{os.NewFile(taskFile, "task")}
	tool.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	if err == nil {
		err = tool.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sandbox: supervise:", err)
		return notStarted
	}
	go endWithParent()
	return reap(tool.Process.Pid)
}

// endWithParent ends the tool when the other end of the control pipe closes.
func endWithParent() {
	_, _ = io.Copy(io.Discard, os.NewFile(controlFile, "control")) // any end is the end
	killFamily()
}

// reap blocks until the tool and every orphan of it are gone, and returns the
// tool's exit code. When the tool is over, what it left is killed: whenever all
// the dead are collected, not for each of them, since there may be thousands, and
// to kill them is to look at them all.
func reap(tool int) int {
	code, over, options := notStarted, false, 0
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, options, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return code
		case pid == tool:
			code, over = exitCode(status), true
		case pid == 0: // none is dead now
			killFamily()
		}
		options = 0
		if over && pid != 0 {
			options = unix.WNOHANG
		}
	}
}

// exitCode counts as shells do: 128 and the signal that killed it.
func exitCode(status unix.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// killFamily kills every descendant. They are stopped first, so that none is
// born while the others die.
func killFamily() {
	for seen := -1; ; {
		members := family(os.Getpid())[1:]
		for _, pid := range members {
			_ = unix.Kill(pid, unix.SIGSTOP) // it may be gone
		}
		if len(members) <= seen {
			break
		}
		seen = len(members)
	}
	for _, pid := range family(os.Getpid())[1:] {
		_ = unix.Kill(pid, unix.SIGKILL) // likewise
	}
}

// launch becomes the tool; it returns only when that fails.
func launch() error {
	runtime.LockOSThread() // what is given up is given up by thread
	text, err := io.ReadAll(io.NewSectionReader(os.NewFile(taskFile, "task"), 0, 1<<30))
	if err != nil {
		return fmt.Errorf("read task: %w", err)
	}
	var t task
	if err := json.Unmarshal(text, &t); err != nil {
		return fmt.Errorf("read task: %w", err)
	}
	unix.CloseOnExec(taskFile)
	if err := os.Chdir(t.Dir); err != nil {
		return err
	}
	yield(0) // not the supervisor: it must get on when the tool takes every core
	if err := boundTasks(0, t.Tasks); err != nil {
		return err
	}
	if t.Group != "" {
		if err := enter(t.Group); err != nil {
			return err
		}
	}
	if t.Landlock {
		if err := giveUp(t); err != nil {
			return err
		}
	}
	return fmt.Errorf("start %s: %w", t.Path, unix.Exec(t.Path, append([]string{t.Path}, t.Args...), t.Env))
}
