package farmtest

import (
	"os/exec"
	"runtime"
	"sync"
)

// starter is the one thread that starts processes and never ends. The kernel
// kills a process that is to die with its parent when the thread ends that
// started it, and a thread ends with the goroutine that is locked to it: those of
// sandboxes in this process do.
type starter struct {
	once sync.Once
	work chan func()
}

var processes starter

// start starts a command on that thread.
func (s *starter) start(cmd *exec.Cmd) error {
	s.once.Do(func() {
		s.work = make(chan func())
		go s.serve()
	})
	done := make(chan error)
	s.work <- func() { done <- cmd.Start() }
	return <-done
}

func (s *starter) serve() {
	runtime.LockOSThread()
	for work := range s.work {
		work()
	}
}
