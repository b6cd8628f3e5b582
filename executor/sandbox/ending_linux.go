package sandbox

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ending returns the exit code of a tool and, when a signal killed it, which.
// Bubblewrap and the supervisor tell of a signal as shells do, by 128 + its
// number.
func ending(exit *exec.ExitError) (code int, why string) {
	status, ok := exit.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return -1, "signal: " + status.Signal().String()
	}
	code = exit.ExitCode()
	switch signal := syscall.Signal(code - 128); signal {
	case unix.SIGILL, unix.SIGTRAP, unix.SIGABRT, unix.SIGBUS, unix.SIGFPE, unix.SIGKILL, unix.SIGSEGV, unix.SIGTERM, unix.SIGXCPU, unix.SIGXFSZ, unix.SIGSYS:
		return -1, "signal: " + signal.String()
	}
	return code, ""
}
