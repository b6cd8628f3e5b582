//go:build unix

package servicetest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// setApart gives the process a group of its own: an interrupt from the keyboard
// is for the tests, which then end it.
func setApart(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// pause and resume do nothing to what does not run: to the system, process 0 is
// everybody in the caller's group.
func pause(pid int) error  { return signal(pid, syscall.SIGSTOP) }
func resume(pid int) error { return signal(pid, syscall.SIGCONT) }

func signal(pid int, s syscall.Signal) error {
	if pid == 0 {
		return os.ErrProcessDone
	}
	return syscall.Kill(pid, s)
}

func wake(p *os.Process) { _ = p.Signal(syscall.SIGCONT) }

// A plain is the user that runs what refuses to run as root; nil when the tests
// are not run by root.
type plain struct{ uid, gid uint32 }

func plainUser() (*plain, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		return &plain{uint32(uid), uint32(gid)}, err
	}
	return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

// runs makes the user the one who runs the command.
func (p *plain) runs(cmd *exec.Cmd) {
	if p != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: p.uid, Gid: p.gid}}
	}
}

// owns gives the folder to the user.
func (p *plain) owns(folder string) error {
	if p == nil {
		return nil
	}
	return os.Chown(folder, int(p.uid), int(p.gid))
}
