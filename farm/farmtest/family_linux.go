package farmtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// setApart gives the process a group of its own, and has the system kill it
// when the test process dies.
func setApart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// Relative is a process that descends from another.
type Relative struct {
	Pid   int
	Name  string // of its program
	began string // tells it from a later one with the same id
}

// String names it.
func (r Relative) String() string { return fmt.Sprintf("%s (%d)", r.Name, r.Pid) }

// Alive reports whether it still runs; one that has ended and was not waited for
// does not.
func (r Relative) Alive() bool {
	now, _, state, err := relative(r.Pid)
	return err == nil && now == r && state != "Z" && state != "X"
}

// Family returns what descends from the process now: its tools and what watches
// them.
func (p *Process) Family() []Relative {
	p.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.t.Fatal(err)
	}
	children := make(map[int][]Relative)
	for _, stat := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if r, parent, _, err := relative(pid); err == nil {
			children[parent] = append(children[parent], r)
		}
	}
	var out []Relative
	for wait := []int{p.Pid()}; len(wait) > 0; wait = wait[1:] {
		for _, r := range children[wait[0]] {
			out = append(out, r)
			wait = append(wait, r.Pid)
		}
	}
	return out
}

// Tools are the members of the family that run a program of that name.
func (p *Process) Tools(name string) []Relative {
	p.t.Helper()
	var out []Relative
	for _, r := range p.Family() {
		if r.Name == name {
			out = append(out, r)
		}
	}
	return out
}

// relative reads /proc/pid/stat: "pid (name) state ppid ...", field 22 of which
// is when it began (proc(5)).
func relative(pid int) (r Relative, parent int, state string, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return r, 0, "", err
	}
	open, closed := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[closed+1:]))
	if open < 0 || closed < open || len(fields) < 20 {
		return r, 0, "", fmt.Errorf("farmtest: /proc/%d/stat reads %q", pid, text)
	}
	parent, err = strconv.Atoi(fields[1])
	return Relative{pid, string(text[open+1 : closed]), fields[19]}, parent, fields[0], err
}
