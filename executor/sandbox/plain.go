package sandbox

import (
	"os/exec"
	"time"
)

// plain confines nothing: the tool is only a process group, so that it can be
// killed with what it started.
type plain struct{ why string }

func (p plain) describe() string {
	return "none: " + p.why + "; tools can read and write whatever this user can"
}

func (p plain) close() {}

func (p plain) prepare(path string, cmd Command, b *bounds) (*process, error) {
	c := exec.Command(path, cmd.Args...)
	c.Dir, c.Env = cmd.Dir, environment(cmd)
	c.SysProcAttr = ownGroup()
	// A grandchild that outlives the tool holds its pipes.
	c.WaitDelay = time.Second
	return &process{
		cmd:     c,
		group:   b.group,
		started: func() error { yield(c.Process.Pid); return nil },
		members: func() []int { return family(c.Process.Pid) },
		kill:    func() { killGroup(c.Process) },
		gone:    func() error { return nil },
		release: func() {},
	}, nil
}
