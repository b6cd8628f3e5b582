package sandbox

import (
	"errors"
	"os/exec"
)

// confinement is one way to keep a tool to what it may touch.
type confinement interface {
	describe() string
	// prepare returns the process that will be the tool, not started. path is
	// the tool's absolute path.
	prepare(path string, cmd Command, b *bounds) (*process, error)
	// close ends what serves all calls, after the last.
	close()
}

// process is a tool from before its start until everything of it is gone.
type process struct {
	cmd *exec.Cmd
	// group is where cmd starts: not what only watches over the tool, which
	// must go on when the tool has used up all that it may have.
	group *group
	// started is called once, when cmd has started.
	started func() error
	// members returns the process ids of the tool and of everything that it
	// started.
	members func() []int
	// kill ends all of them; it may be called at any time after started, more
	// than once, and does not block.
	kill func()
	// gone blocks until all of them are gone, after cmd ended or kill. It
	// returns the error of a confinement that did not come about.
	gone func() error
	// release frees what prepare took; it is called in every case.
	release func()
}

// end kills a process that has started, and blocks until all of it is gone.
func (p *process) end() error {
	setup := p.started() // before: kill reaches what started has found
	p.kill()
	_ = p.cmd.Wait() // it was killed
	return errors.Join(setup, p.gone())
}

// environment is the whole environment of every tool, so that none of it
// differs from machine to machine.
func environment(cmd Command) []string {
	return append([]string{
		"PATH=" + systemPath, "HOME=" + cmd.Dir, "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC",
	}, cmd.Env...)
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
