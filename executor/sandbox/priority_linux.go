package sandbox

import "golang.org/x/sys/unix"

// yield lowers the priority of the calling thread, and so of every process that
// it will start, by ten. Tools take all the cores there are, and what must be in
// time beside them is little: heartbeats, the watch over tools, somebody's desk.
func yield() {
	priority, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err == nil {
		nice := 20 - priority // the kernel counts from 40, the highest, to 1
		err = unix.Setpriority(unix.PRIO_PROCESS, 0, min(nice+10, 19))
	}
	_ = err // it may always be lowered; if not, tools run as before
}
