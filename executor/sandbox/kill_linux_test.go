package sandbox

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// signalling closes ready at the first byte.
type signalling struct{ ready chan struct{} }

func (s *signalling) Write(p []byte) (int, error) {
	select {
	case <-s.ready:
	default:
		close(s.ready)
	}
	return len(p), nil
}

// locked reports whether some process still holds the lock that lasting takes.
func locked(t *testing.T, dir string, how int) bool {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|how)
	if err != nil && !errors.Is(err, unix.EWOULDBLOCK) {
		t.Fatal(err)
	}
	return err != nil
}

func TestCancelLeavesNoProcess(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sandbox) {
		dir, ready := t.TempDir(), &signalling{make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- s.Run(ctx, Command{Tool: "sh", Args: []string{"-c", lasting}, Dir: dir, Stdout: ready})
		}()
		<-ready.ready
		if !locked(t, dir, unix.LOCK_NB) {
			t.Fatal("the grandchild does not hold its lock")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if locked(t, dir, unix.LOCK_NB) {
			t.Error("a grandchild outlived Run")
		}
	})
}

func TestAToolThatEndsTakesItsChildrenAlong(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sandbox) {
		dir := t.TempDir()
		out, err := shell(t, s, `mkfifo up; setsid flock lock sh -c 'echo > up; exec sleep 1000' & read line < up; echo over`, func(cmd *Command) { cmd.Dir = dir })
		if err != nil || out != "over\n" {
			t.Fatalf("got %q, %v", out, err)
		}
		if locked(t, dir, unix.LOCK_NB) {
			t.Error("a grandchild outlived Run")
		}
	})
}

func TestTheTimeoutEndsATool(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		_, err := shell(t, s, `sleep 1000`, func(cmd *Command) { cmd.Timeout = 300 * time.Millisecond })
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Why != "timeout after 300ms" {
			t.Errorf("got %v, want the timeout", err)
		}
	})
}

// A program that is killed takes its tools along, with all that they started.
func TestSIGKILLOfTheProgramEndsItsTools(t *testing.T) {
	for _, without := range []string{"", "bubblewrap", "bubblewrap,landlock"} {
		t.Run("without "+without, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			program := exec.Command("/proc/self/exe")
			program.Env = append(os.Environ(), "SANDBOX_TEST_VICTIM="+dir, "SANDBOX_TEST_WITHOUT="+without)
			program.Stderr = t.Output()
			out, err := program.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := program.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil || line != "ready\n" || !locked(t, dir, unix.LOCK_NB) {
				t.Fatalf("the tool did not start: %q, %v", line, err)
			}
			if err := program.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, out) // until it is gone
			_ = program.Wait()              // it was killed
			if locked(t, dir, 0) {          // waits for the grandchild to end
				t.Error("the lock is still held")
			}
		})
	}
}

func TestAHogIsStopped(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		for name, test := range map[string]struct{ line, why string }{
			"memory": {`exec perl -e 'push @all, "x" x (4<<20) while 1'`, "more than 200 MiB of memory"},
			"memory of many": {`for i in 1 2 3 4 5 6; do perl -e '$x = "x" x (25<<20); $y = $x; sleep 1000' & done; wait`,
				"more than 200 MiB of memory"},
			"processes": {`while :; do sleep 1000 & done`, "more than 20 processes"},
		} {
			_, err := shell(t, s, test.line, func(cmd *Command) { cmd.Memory, cmd.Processes = 200<<20, 20 })
			var exit *ExitError
			if !errors.As(err, &exit) || !strings.HasPrefix(exit.Why, test.why) {
				t.Errorf("%s: got %v, want %s", name, err, test.why)
			}
		}
	})
}

func TestAForkBombIsStopped(t *testing.T) {
	each(t, func(t *testing.T, s *Sandbox) {
		_, err := shell(t, s, `f() { f | f & }; f; sleep 1000`, func(cmd *Command) { cmd.Processes = 20 })
		if err == nil || !strings.Contains(err.Error(), "more than 20 processes") {
			t.Errorf("got %v", err)
		}
	})
}
