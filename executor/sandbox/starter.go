package sandbox

import (
	"errors"
	"runtime"
)

// starter starts processes from one goroutine locked to one OS thread. A tool
// dies with its parent when the thread that started it ends, and a Go program's
// threads come and go; this one lives as long as the Sandbox.
type starter struct {
	calls chan startCall
}

type startCall struct {
	process *process
	done    chan error
}

func newStarter() *starter {
	s := &starter{calls: make(chan startCall)}
	go s.serve()
	return s
}

func (s *starter) serve() {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	for call := range s.calls {
		call.done <- call.process.group.start(call.process.cmd)
	}
}

// start starts the process on the starter's thread. After an error nothing of the
// process is left, also where it had started: the caller attends to none.
func (s *starter) start(p *process) error {
	call := startCall{process: p, done: make(chan error, 1)}
	s.calls <- call
	err := <-call.done
	if err != nil && p.cmd.Process != nil { // it runs, but the thread is still in its group
		return errors.Join(err, p.end())
	}
	return err
}

// stop ends the thread, and with it every tool that still runs.
func (s *starter) stop() { close(s.calls) }
