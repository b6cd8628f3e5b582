//go:build !linux

package sandbox

import (
	"os/exec"
	"runtime"
)

// choose returns the only confinement there is outside Linux.
func (s *Sandbox) choose() (confinement, error) {
	return plain{why: "confinement needs Linux, this is " + runtime.GOOS}, nil
}

// Supervise does nothing outside Linux: no tool is supervised.
func Supervise() {}

type limiter struct{}

func newLimiter() limiter { return limiter{} }

func (l limiter) describe() string { return "none" }

func (l limiter) bound(cmd Command) (*bounds, error) {
	return &bounds{memory: cmd.Memory, processes: cmd.Processes}, nil
}

type group struct{}

func (*group) boundsMemory() bool { return false }

func (*group) outOfMemory() bool { return false }

func (*group) start(cmd *exec.Cmd) error { return cmd.Start() }

func (*group) remove() {}

// yield does nothing outside Linux.
func yield(int) {}

func machineMemory() int64 { return 0 }

// family returns nothing: processes are not counted outside Linux.
func family(int) []int { return nil }

func memoryOf([]int) int64 { return 0 }

func ending(exit *exec.ExitError) (int, string) {
	if code := exit.ExitCode(); code >= 0 {
		return code, ""
	}
	return -1, exit.String()
}
