//go:build !linux

package farmtest

import (
	"fmt"
	"os/exec"
)

// The package compiles everywhere, so that every test does; what asks for the
// family of a process fails where there is no /proc.

func setApart(*exec.Cmd) {}

// Relative is a process that descends from another.
type Relative struct {
	Pid  int
	Name string
}

// String names it.
func (r Relative) String() string { return fmt.Sprintf("%s (%d)", r.Name, r.Pid) }

// Alive reports whether it still runs.
func (Relative) Alive() bool { return false }

// Family fails the test.
func (p *Process) Family() []Relative {
	p.t.Helper()
	p.t.Fatal("farmtest: the family of a process is known on Linux only")
	return nil
}

// Tools fails the test.
func (p *Process) Tools(string) []Relative { p.t.Helper(); return p.Family() }
