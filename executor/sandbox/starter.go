package sandbox

import (
	"os/exec"
	"runtime"
)

// starter starts processes from one goroutine locked to one OS thread. A tool
// dies with its parent when the thread that started it ends, and a Go program's
// threads come and go; this one lives as long as the Sandbox.
type starter struct {
	calls chan startCall
}

type startCall struct {
	cmd  *exec.Cmd
	done chan error
}

func newStarter() *starter {
	s := &starter{calls: make(chan startCall)}
	go s.serve()
	return s
}

func (s *starter) serve() {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for call := range s.calls {
		call.done <- call.cmd.Start()
	}
}

// start is cmd.Start on the starter's thread.
func (s *starter) start(cmd *exec.Cmd) error {
	call := startCall{cmd: cmd, done: make(chan error, 1)}
	s.calls <- call
	return <-call.done
}

// stop ends the thread, and with it every tool that still runs.
func (s *starter) stop() { close(s.calls) }
