package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// render is a recipe of many small steps and some that take a while: enough to
// be killed amid.
const render = `
name: render
nodes:
  - {id: shots, for_each: "range(0, 6)", type: GENERATE, config: {kind: mandelbrot, size: [160, 90], fps: 25, duration: "${0.4 + item / 25}"}}
  - {id: notes, for_each: "range(0, 6)", type: COMMAND, config: {argv: [sh, -c, "echo ${item} > {out.n}"], outputs: [n.txt]}}
  - {id: cut, type: SEQUENCE, inputs: [shots]}
  - {id: grade, type: TRANSFORM, config: {saturation: 1.2}, inputs: [cut]}
  - {id: film, type: ENCODE, config: {format: h264}, inputs: [grade]}
outputs: [film, notes]
`

const renderSteps = 15

// lab is a folder with a recipe and a cache of its own.
type lab struct {
	t   *testing.T
	dir string
}

func newLab(t *testing.T, recipe string) lab {
	t.Helper()
	l := lab{t, t.TempDir()}
	if err := os.WriteFile(filepath.Join(l.dir, "recipe.yaml"), []byte(recipe), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

// command is a process of artdag, not started; its stdout is in the buffer.
func (l lab) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command("artdag", args...)
	cmd.Dir = l.dir
	cmd.Env = append(os.Environ(), "HOME="+l.dir, "ARTDAG_CACHE_DIR="+l.dir+"/cache")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	return cmd, &stdout
}

// run runs artdag to its end, which must be good.
func (l lab) run(args ...string) string {
	l.t.Helper()
	cmd, stdout := l.command(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		l.t.Fatalf("artdag %q: %v\n%s%s", args, err, stdout, &stderr)
	}
	return stdout.String()
}

func (l lab) render() closing {
	l.t.Helper()
	end, err := readClosing(l.run("run", "recipe.yaml", "--json"))
	if err != nil {
		l.t.Fatal(err)
	}
	return end
}

// tools are the processes that were started for steps of this cache and still
// live, bwrap included: those that have a scratch folder of it as their home or
// among their arguments.
func (l lab) tools() []string {
	l.t.Helper()
	procs, err := os.ReadDir("/proc")
	if err != nil {
		l.t.Fatal(err)
	}
	var found []string
	for _, p := range procs {
		// What has just ended has neither.
		line, _ := os.ReadFile(filepath.Join("/proc", p.Name(), "cmdline"))
		environ, _ := os.ReadFile(filepath.Join("/proc", p.Name(), "environ"))
		if bytes.Contains(append(line, environ...), []byte(l.dir+"/cache/scratch")) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// noToolsLeft waits until everything that was started is gone, for as long as
// the test has.
func (l lab) noToolsLeft() {
	l.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for left := l.tools(); len(left) > 0; left = l.tools() {
		if time.Now().After(deadline) {
			l.t.Fatalf("tools are left running: %q", left)
		}
	}
}

// entries are how many results are stored.
func (l lab) entries() int {
	found, err := filepath.Glob(filepath.Join(l.dir, "cache", "*", "metadata.json"))
	if err != nil {
		l.t.Fatal(err)
	}
	return len(found)
}

func sameOutputs(t *testing.T, got, want closing) {
	t.Helper()
	for i, o := range want.Outputs {
		if i >= len(got.Outputs) || got.Outputs[i].Content != o.Content {
			t.Errorf("output %s differs from that of an undisturbed run", o.Name)
		}
	}
}

// A run that is killed at any moment leaves nothing half-made: the next one
// goes on and comes to the same film.
func TestKilledRunResumesToTheSameFilm(t *testing.T) {
	t.Parallel()
	want := newLab(t, render).render()
	l := newLab(t, render)
	for range 4 {
		known := l.entries()
		cmd, _ := l.command("run", "recipe.yaml")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Some results later, and then at a moment that nobody chose.
		goal := known + rand.IntN(3)
		var err error
		for waiting := true; waiting; {
			select {
			case err = <-ended:
				waiting = false
			case <-time.After(time.Duration(rand.IntN(50)) * time.Millisecond):
				if l.entries() >= goal {
					_ = cmd.Process.Kill()
				}
			}
		}
		t.Logf("killed with %d results (%v)", l.entries(), err)
		l.noToolsLeft()
	}
	if out := l.run("cache", "verify"); !strings.Contains(out, ": 0 damaged") {
		t.Errorf("after kills: %s", out)
	}
	jobs := l.run("jobs")
	if !strings.Contains(jobs, "INTERRUPTED") || strings.Contains(jobs, "RUNNING") {
		t.Errorf("jobs of killed processes:\n%s", jobs)
	}
	end := l.render()
	sameOutputs(t, end, want)
	if left, err := os.ReadDir(filepath.Join(l.dir, "cache", "scratch")); err != nil || len(left) > 0 {
		t.Errorf("scratch after the run: %v, %v", left, err)
	}
	if end = l.render(); end.Steps.Executed != 0 {
		t.Errorf("the run after that executed %d steps", end.Steps.Executed)
	}
}

// Two identical runs at once share the work: each step is executed by one.
func TestTwoRunsAtOnceExecuteEachStepOnce(t *testing.T) {
	t.Parallel()
	l := newLab(t, render)
	first, stdout := l.command("run", "recipe.yaml", "--json")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	second := l.render()
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	end, err := readClosing(stdout.String())
	if err != nil {
		t.Fatal(err)
	}
	if sum := end.Steps.Executed + second.Steps.Executed; sum != renderSteps {
		t.Errorf("%d + %d executed, want %d together", end.Steps.Executed, second.Steps.Executed, renderSteps)
	}
	sameOutputs(t, second, end)
}

// wait is a recipe whose second step waits until the file go is there.
const wait = `
name: wait
inputs:
  sign: {kind: data}
nodes:
  - {id: first, type: COMMAND, config: {argv: [sh, -c, "cat {in[0]} > {out.f}"], outputs: [f.txt]}, inputs: [sign]}
  - {id: long, type: COMMAND, config: {argv: [sh, -c, "cp {in[0]} {out.l}; exec sleep ${params.seconds}"], outputs: [l.txt]}, inputs: [first]}
params:
  seconds: {type: integer, default: 1000}
outputs: [long]
`

// Ctrl-C ends the run and its tools, says so, and the next run goes on.
func TestInterruptedRunSaysSoAndResumes(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		l := newLab(t, wait)
		if err := os.WriteFile(filepath.Join(l.dir, "sign"), []byte("sign"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd, stdout := l.command("run", "recipe.yaml", "-i", "sign=sign")
		stderr := &started{mark: "executed COMMAND first", seen: make(chan struct{})}
		cmd.Stderr = stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-stderr.seen
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Fatalf("%v: ended with %v, want exit code %d", sig, err, exitInterrupted)
		}
		if !strings.Contains(stdout.String(), "CANCELLED") || !strings.Contains(stdout.String(), "the same command goes on from here") {
			t.Errorf("%v: said %q", sig, stdout)
		}
		l.noToolsLeft()
		if jobs := l.run("jobs"); !strings.Contains(jobs, "CANCELLED") {
			t.Errorf("%v: jobs say\n%s", sig, jobs)
		}
		end, err := readClosing(l.run("run", "recipe.yaml", "-i", "sign=sign", "-p", "seconds=0", "--json"))
		if err != nil || end.Steps.Executed != 1 || end.Steps.Cached != 1 {
			t.Errorf("%v: the next run: %+v, %v; want the first step cached", sig, end.Steps, err)
		}
	}
}

// started is a log that tells when a line has come.
type started struct {
	text strings.Builder
	mark string
	seen chan struct{}
	done bool
}

// Write takes a piece of the log; exec calls it from one goroutine.
func (s *started) Write(p []byte) (int, error) {
	s.text.Write(p)
	if !s.done && strings.Contains(s.text.String(), s.mark) {
		s.done = true
		close(s.seen)
	}
	return len(p), nil
}
