package sandbox

import "golang.org/x/sys/unix"

// yield lowers the priority of a process, or of the calling thread, which is 0, by
// ten, and so that of every process it will start. Tools take all the cores there
// are, and what must be in time beside them is little: heartbeats, the watch over
// tools, somebody's desk.
func yield(pid int) {
	priority, err := unix.Getpriority(unix.PRIO_PROCESS, pid)
	if err == nil {
		nice := 20 - priority // the kernel counts from 40, the highest, to 1
		err = unix.Setpriority(unix.PRIO_PROCESS, pid, min(nice+10, 19))
	}
	_ = err // it may be gone; else it may always be lowered
}
