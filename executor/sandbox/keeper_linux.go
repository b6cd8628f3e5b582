package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// keeperName is what a keeper goes by, as its argument 0.
const keeperName = "artdag-keeper"

// keeper ends what bubblewrap leaves behind when this process is killed.
// Bubblewrap dies with the thread that started it, but its second process, the
// first of the namespace, asks for the same only once the namespace is made:
// orphaned before that it waits for ever, or goes on and starts the tool.
//
// So this program executes itself once more, as a process that waits for the
// end of this one and then kills whatever bears the mark: by then all that
// could still fork has been killed, so nothing comes after the search. A call
// costs nothing, and there is nothing to record that a crash could lose.
type keeper struct{ cmd *exec.Cmd }

// newKeeper starts a keeper; nil where this program cannot be executed again.
func (s *Sandbox) newKeeper(mark string) (*keeper, error) {
	if !s.options.Reexec || !supervises.Load() {
		return nil, nil
	}
	c := exec.Command("/proc/self/exe")
	c.Args, c.Dir, c.Env = []string{keeperName, mark, strconv.Itoa(os.Getpid())}, "/", []string{}
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is not for it
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start the keeper: %w", err)
	}
	return &keeper{cmd: c}, nil
}

// stop ends the keeper and blocks until it is gone. It is safe on nil.
func (k *keeper) stop() {
	if k != nil {
		_ = k.cmd.Process.Kill() // it may be gone
		_ = k.cmd.Wait()         // it was killed
	}
}

// keep is the keeper's whole life.
func keep() error {
	if len(os.Args) != 3 {
		return errors.New("keep: want a mark and a process")
	}
	pid, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return fmt.Errorf("keep: %w", err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	// Another process may bear the number by now; a parent does not change so.
	if err == nil && os.Getppid() == pid {
		err = awaitEnd(fd)
	}
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("keep watch of process %d: %w", pid, err)
	}
	killMarked(os.Args[1])
	return nil
}

// killMarked kills every bubblewrap with the mark, and with the first processes
// of their namespaces all that is in these. It searches until it finds no more.
func killMarked(mark string) {
	killed := map[int]bool{}
	for seen := -1; seen < len(killed); {
		seen = len(killed)
		names, _ := filepath.Glob("/proc/[0-9]*") // the pattern is good
		for _, name := range names {
			pid, err := strconv.Atoi(filepath.Base(name))
			if err == nil && killIfMarked(pid, mark) {
				killed[pid] = true
			}
		}
	}
}

// killIfMarked holds the process while it reads its name: the one that is
// killed is the one that bore the mark. A process that ended has no name.
func killIfMarked(pid int, mark string) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false // it is gone
	}
	defer unix.Close(fd)
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || !strings.HasPrefix(string(line), mark+"\x00") {
		return false
	}
	return unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}
