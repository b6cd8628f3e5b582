package farmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startTime = 2 * time.Minute  // until a process says that it is ready, on a busy machine
	stopTime  = 30 * time.Second // until a process that was asked to end is killed
)

// Process is a scheduler or a worker. It keeps its folder over Kill, Stop and
// Start.
type Process struct {
	Dir  string // its cache folder
	name string
	t    testing.TB
	path string
	args []string
	env  []string
	out  string // file of what it wrote, over all its lives
	says string // what it writes when it is ready
	cmd  *exec.Cmd
}

// Start starts the process and blocks until it is ready.
func (p *Process) Start() {
	p.t.Helper()
	from := len(p.Said())
	p.Launch()
	p.await(p.says, from)
}

// Replace has the next Start run another program in the same folder.
func (p *Process) Replace(program string) { p.path = program }

// Launch starts the process and does not wait for anything.
func (p *Process) Launch() {
	p.t.Helper()
	output, err := os.OpenFile(p.out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		p.t.Fatal(err)
	}
	defer output.Close() // the process has its own
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Env, p.cmd.Dir = p.env, p.Dir
	p.cmd.Stdout, p.cmd.Stderr = output, output
	setApart(p.cmd)
	if err := processes.start(p.cmd); err != nil {
		p.t.Fatalf("farmtest: start %s: %v", p.name, err)
	}
}

// Pid returns the process id, 0 when it does not run.
func (p *Process) Pid() int {
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Signal sends a signal.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("farmtest: signal %s: %v", p.name, err)
	}
}

// Freeze stops the process where it is, until Thaw.
func (p *Process) Freeze() { p.t.Helper(); p.Signal(freeze) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() { p.t.Helper(); p.Signal(thaw) }

// Kill ends the process at once, as kill -9 does, and blocks until it is gone.
func (p *Process) Kill() {
	p.t.Helper()
	p.Signal(syscall.SIGKILL)
	p.Wait()
}

// Stop asks the process to end and blocks until it has. It returns the exit code.
func (p *Process) Stop() int {
	if p.cmd == nil {
		return 0
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended already
	_ = p.cmd.Process.Signal(thaw)            // a frozen process heeds no signal but SIGKILL
	return p.Wait()
}

// Wait blocks until the process has ended, kills it when that takes long, and
// returns the exit code.
func (p *Process) Wait() int {
	if p.cmd == nil {
		return 0
	}
	late := time.AfterFunc(stopTime, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait() // how it ended is in its state
	code := p.cmd.ProcessState.ExitCode()
	p.cmd = nil
	return code
}

// Said returns everything that the process wrote, over all its lives.
func (p *Process) Said() string {
	text, err := os.ReadFile(p.out)
	if err != nil && !os.IsNotExist(err) {
		p.t.Errorf("farmtest: %v", err)
	}
	return string(text)
}

// Says counts the lines that the process wrote which hold all of the texts.
func (p *Process) Says(texts ...string) int {
	n := 0
	for line := range strings.Lines(p.Said()) {
		if holds(line, texts) {
			n++
		}
	}
	return n
}

func holds(line string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(line, text) {
			return false
		}
	}
	return true
}

// Await blocks until the process has written a text.
func (p *Process) Await(text string) {
	p.t.Helper()
	p.await(text, 0)
}

func (p *Process) await(text string, from int) {
	p.t.Helper()
	Until(p.t, startTime, fmt.Sprintf("%s says %q", p.name, text), func() error {
		if strings.Contains(p.Said()[from:], text) {
			return nil
		}
		return fmt.Errorf("it did not")
	})
}

// belongTo ends the process with the test and shows what it wrote if that
// failed.
func (p *Process) belongTo(t testing.TB) {
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			const most = 12_000
			said := p.Said()
			t.Logf("%s wrote:\n%s", p.name, said[max(0, len(said)-most):])
		}
	})
}

func (f *Farm) process(name, program string, says string, args []string) *Process {
	f.t.Helper()
	folder, err := programs()
	if err != nil {
		f.t.Fatal(err)
	}
	dir := f.t.TempDir()
	p := &Process{
		Dir: filepath.Join(dir, "cache"), name: name, t: f.t, path: filepath.Join(folder, program), says: says, out: filepath.Join(dir, "output"),
		args: args, env: append(os.Environ(), f.env...),
	}
	p.env = append(p.env, "ARTDAG_CACHE_DIR="+p.Dir)
	if err := os.Mkdir(p.Dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	p.belongTo(f.t)
	return p
}

// Until polls a condition until it returns nil, and fails the test when that
// takes longer than most.
func Until(t testing.TB, most time.Duration, what string, condition func() error) {
	t.Helper()
	for deadline := time.Now().Add(most); ; time.Sleep(20 * time.Millisecond) {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %v until %s: %v", most, what, err)
		}
	}
}
