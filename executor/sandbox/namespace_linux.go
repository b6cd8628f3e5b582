package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"sync"

	"golang.org/x/sys/unix"
)

// namespace is the PID namespace of one call. Its first process is bubblewrap's;
// when that one is gone, the kernel has ended all the others before.
type namespace struct {
	cmd    *exec.Cmd
	status *json.Decoder
	tasks  int64 // how many threads it may have
	first  int
	mu     sync.Mutex
	pidfd  int // of the first process; 0 when there is none, or no more
}

// enter learns the first process. A bubblewrap that failed tells none; its end
// says why.
func (n *namespace) enter() error {
	var report struct {
		First int `json:"child-pid"`
	}
	if err := n.status.Decode(&report); err != nil {
		return nil
	}
	n.first = report.First
	fd, err := unix.PidfdOpen(n.first, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil // gone already
	}
	if err != nil {
		n.kill()
		return fmt.Errorf("watch the sandbox: %w", err)
	}
	n.mu.Lock()
	n.pidfd = fd
	n.mu.Unlock()
	yield(n.first)
	if err := n.bound(); err != nil {
		n.kill()
		return fmt.Errorf("limit the threads of the sandbox: %w", err)
	}
	return nil
}

// bound sets the resource limit of the first process, from which all inherit it.
// It counts those of one user in one user namespace (user_namespaces(7)), which
// here are those of this call alone, so it is set when the namespace exists and
// before the tool begins. The kernel does not hold root to it: a limiter has to.
func (n *namespace) bound() error {
	err := boundTasks(n.first, n.tasks)
	if errors.Is(err, unix.ESRCH) {
		return nil // gone already
	}
	return err
}

// boundTasks bounds the threads of the user of a process, or of this one, which is
// 0, as far as the process and its children go: beyond, they start no more.
func boundTasks(pid int, tasks int64) error {
	var limit unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NPROC, nil, &limit); err != nil {
		return err
	}
	limit.Max = min(limit.Max, uint64(tasks))
	limit.Cur = limit.Max
	return unix.Prlimit(pid, unix.RLIMIT_NPROC, &limit, nil)
}

// kill ends the namespace by its first process, and bubblewrap outside it.
func (n *namespace) kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pidfd != 0 {
		_ = unix.PidfdSendSignal(n.pidfd, unix.SIGKILL, nil, 0) // it may be gone
	}
	_ = n.cmd.Process.Kill() // likewise
}

// gone blocks until the first process is gone, and reports a sandbox that did
// not come about: then bubblewrap tells no exit code of the tool.
func (n *namespace) gone() error {
	if n.pidfd != 0 {
		if err := awaitEnd(n.pidfd); err != nil {
			return fmt.Errorf("wait for the sandbox to end: %w", err)
		}
	}
	var report struct {
		Code *int `json:"exit-code"`
	}
	err := n.status.Decode(&report)
	if state := n.cmd.ProcessState; (err != nil || report.Code == nil) && state.Exited() && !state.Success() {
		return errSetup
	}
	return nil
}

func awaitEnd(pidfd int) error {
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, -1)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// Close forgets the first process.
func (n *namespace) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pidfd == 0 {
		return nil
	}
	fd := n.pidfd
	n.pidfd = 0
	return unix.Close(fd)
}
