package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// leave starts an orphan, and fails the test if it outlives it otherwise than
// by SIGKILL.
func leave(t *testing.T, mark string) (gone func() bool) {
	t.Helper()
	cmd := orphan(mark, nil)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it may be gone
	return func() bool {
		_ = cmd.Wait() // it was killed
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		return ok && status.Signal() == syscall.SIGKILL
	}
}

func TestOnlyWhatBearsTheMarkIsKilled(t *testing.T) {
	t.Parallel()
	mark := newMark()
	first, second, other := leave(t, mark), leave(t, mark), orphan(newMark(), nil)
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	killMarked(mark)
	if !first() || !second() {
		t.Error("what bears the mark was not killed")
	}
	// Signal 15 comes first only if no signal 9 came before.
	if err := other.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	if status, ok := other.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("a process with another mark ended by %v", other.ProcessState)
	}
}

func TestASuccessorKillsWhatThePredecessorLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := newSandbox(t, Options{Folder: folder})
	gone := leave(t, first.confine.(*bubblewrap).mark)
	second := newSandbox(t, Options{Folder: folder})
	if !gone() {
		t.Error("the orphan was not killed")
	}
	if first, second := first.confine.(*bubblewrap).mark, second.confine.(*bubblewrap).mark; first == second {
		t.Errorf("two sandboxes share the mark %q", first)
	}
}

func TestAFolderThatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	if s, err := New(Options{Folder: filepath.Join(t.TempDir(), "absent")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestAMarkThatIsNoneNamesNoProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, text := range []string{"", "sleep", "bwrap@", "bwrap@short", newMark() + "\n"} {
		if isMark(text) {
			t.Errorf("%q is taken for a mark", text)
		}
		if err := os.WriteFile(filepath.Join(folder, markName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		newSandbox(t, Options{Folder: folder})
		if mark, err := os.ReadFile(filepath.Join(folder, markName)); err != nil || !isMark(string(mark)) {
			t.Errorf("after %q the mark is %q, %v", text, mark, err)
		}
	}
}
