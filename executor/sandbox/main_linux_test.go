package sandbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also what the tests execute again: as supervisors, and as a
// program that is killed while its tools run.
func TestMain(m *testing.M) {
	Supervise()
	if dir := os.Getenv("SANDBOX_TEST_VICTIM"); dir != "" {
		fmt.Fprintln(os.Stderr, victim(dir, os.Getenv("SANDBOX_TEST_WITHOUT")))
		os.Exit(1)
	}
	if dir := os.Getenv("SANDBOX_TEST_BURST"); dir != "" {
		if err := bursting(dir, os.Getenv("SANDBOX_TEST_KIND")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// victim runs a tool that never ends, in the hope of being killed.
func victim(dir, without string) error {
	s, err := New(Options{Reexec: true, Without: []string{without}})
	if err != nil {
		return err
	}
	defer s.Close()
	if b, ok := s.confine.(*bubblewrap); ok {
		if err := orphan(b.mark, os.Stdout).Start(); err != nil {
			return err
		}
	}
	return s.Run(context.Background(), Command{Tool: "sh", Args: []string{"-c", lasting}, Dir: dir, Stdout: os.Stdout})
}

// orphan is what a bubblewrap that died half-made leaves: a process that bears
// its mark, does not die with its parent, and holds the file open.
func orphan(mark string, holds *os.File) *exec.Cmd {
	cmd := exec.Command("sleep", "1000")
	cmd.Args[0], cmd.Stdout = mark, holds
	return cmd
}

// lasting is a shell line that leaves a process in a session of its own, which
// holds a lock for as long as it lives; it says so and waits.
const lasting = `setsid flock lock sh -c 'echo ready; exec sleep 1000' & wait`
