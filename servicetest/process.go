package servicetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTime = time.Minute      // until a server answers, on a busy machine
	stopTime  = 15 * time.Second // until a server that was asked to end is killed
)

// process is a server that runs beside the tests. It has no goroutine, so that
// nobody takes it for a leak.
type process struct {
	name    string
	folder  string           // its own: data and output, removed by discard
	command func() *exec.Cmd // made anew for each start
	ready   func() error     // nil once the server answers
	stopBy  syscall.Signal   // what ends it cleanly

	mu       sync.Mutex
	running  *exec.Cmd // nil when stopped
	watching *guard
}

// newFolder makes the folder of a server.
func newFolder(name string) (string, error) {
	return os.MkdirTemp("", "artdag-"+name+"-")
}

// start starts the process and blocks until it answers.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running != nil {
		return fmt.Errorf("start %s: it runs already", p.name)
	}
	output, err := os.OpenFile(p.outputFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer output.Close() // the server has its own
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = output, output
	setApart(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	p.running = cmd
	if p.watching, err = watch(cmd.Process.Pid, p.stopBy, p.folder); err == nil {
		err = p.answers()
	}
	if err != nil {
		said := p.said()
		return errors.Join(fmt.Errorf("start %s: %w\n%s", p.name, err, said), p.end(syscall.SIGKILL))
	}
	return nil
}

// answers polls until the server is ready or has ended.
func (p *process) answers() error {
	for deadline := time.Now().Add(startTime); ; time.Sleep(5 * time.Millisecond) {
		err := p.ready()
		switch {
		case ended(p.running.Process.Pid):
			return errors.New("it ended at once")
		case err == nil:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("no answer after %v: %w", startTime, err)
		}
	}
}

// stop asks the process to end and blocks until it has. Stopping what does not
// run is no error.
func (p *process) stop() error { p.mu.Lock(); defer p.mu.Unlock(); return p.end(p.stopBy) }

// kill ends the process without a word and blocks until it is gone.
func (p *process) kill() error { p.mu.Lock(); defer p.mu.Unlock(); return p.end(syscall.SIGKILL) }

func (p *process) end(by syscall.Signal) error {
	if p.running == nil {
		return nil
	}
	_ = p.running.Process.Signal(by) // an error says that it has ended already
	wake(p.running.Process)          // a frozen process heeds no signal but SIGKILL
	late := time.AfterFunc(stopTime, func() { _ = p.running.Process.Kill() })
	_ = p.running.Wait() // how it ended is no matter
	late.Stop()
	p.running = nil
	return p.watching.release()
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return 0
	}
	return p.running.Process.Pid
}

func (p *process) outputFile() string { return filepath.Join(p.folder, "output") }

// said returns the end of what the process wrote.
func (p *process) said() string {
	text, err := os.ReadFile(p.outputFile())
	if err != nil {
		return err.Error()
	}
	return strings.ToValidUTF8(string(text[max(0, len(text)-4000):]), "?")
}

// belongTo ends the process with the test and shows what it wrote if that failed.
func (p *process) belongTo(t testing.TB) {
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("servicetest: stop %s: %v", p.name, err)
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", p.name, p.said())
		}
		if err := os.RemoveAll(p.folder); err != nil {
			t.Errorf("servicetest: stop %s: %v", p.name, err)
		}
	})
}

// server is what the servers of one test have in common.
type server struct {
	t testing.TB
	*process
}

// Pid returns the process id, 0 while the server is stopped.
func (s server) Pid() int { return s.pid() }

// Pause freezes the server: its connections stay open and nothing is answered.
func (s server) Pause() {
	s.t.Helper()
	if err := pause(s.pid()); err != nil {
		s.t.Fatalf("servicetest: pause %s: %v", s.name, err)
	}
}

// Resume lets a paused server go on.
func (s server) Resume() {
	s.t.Helper()
	if err := resume(s.pid()); err != nil {
		s.t.Fatalf("servicetest: resume %s: %v", s.name, err)
	}
}

// Kill ends the server at once, as kill -9 does.
func (s server) Kill() {
	s.t.Helper()
	if err := s.kill(); err != nil {
		s.t.Fatalf("servicetest: kill %s: %v", s.name, err)
	}
}

// Stop asks the server to end and blocks until it has. Stopping it twice is no
// error.
func (s server) Stop() {
	s.t.Helper()
	if err := s.stop(); err != nil {
		s.t.Fatalf("servicetest: stop %s: %v", s.name, err)
	}
}

// Start starts a stopped server again, on the same port and in the same folder,
// and blocks until it answers.
func (s server) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatalf("servicetest: %v", err)
	}
}

// startOrDiscard starts a new process and leaves nothing behind if that fails.
func (p *process) startOrDiscard() error {
	err := p.start()
	if err != nil {
		err = errors.Join(err, os.RemoveAll(p.folder))
	}
	return err
}
