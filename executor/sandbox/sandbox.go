package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrMissing reports that a tool is not installed. The message names the
// package that has it.
var ErrMissing = errors.New("tool is missing")

// Runner runs tools. *Sandbox is the one implementation; executors declare the
// interface so that analysis and executors need not know which kind of
// confinement holds.
type Runner interface {
	// Run starts the tool and blocks until it and everything it started are
	// gone. A non-zero exit is an *ExitError. When ctx ends or the timeout
	// passes, the whole process group is killed first. A tool that is not
	// installed gives ErrMissing.
	Run(ctx context.Context, cmd Command) error
}

// Command is one call of a tool. It is never a shell line.
type Command struct {
	Tool string   // a plain name, "ffmpeg", looked up in PATH; or an absolute path that is in Read
	Args []string // without the tool
	// Dir is the working folder and the only writable one; HOME points there.
	Dir string
	// Read lists files and folders of the user's that the tool may read.
	Read []string
	// Env is added to a minimal environment (PATH, HOME, LANG=C.UTF-8, TZ=UTC).
	Env    []string
	Stdin  io.Reader // read to its end, which must come; nil is empty
	Stdout io.Writer // nil discards
	Stderr io.Writer // nil discards; the last lines are kept for the error anyway
	// Timeout bounds the call; 0 means no bound but ctx.
	Timeout time.Duration
	// Memory bounds the bytes that all its processes hold together, Processes
	// their number; 0 means the sandbox's defaults.
	Memory    int64
	Processes int
	// Used, if set, is told what the call took.
	Used *Usage
}

// ExitError is a tool that failed.
type ExitError struct {
	Tool string
	Args []string
	Code int      // exit code; -1 when killed by a signal
	Why  string   // "signal: killed", "timeout after 30s", "more than 2.0 GiB of memory (cgroup)"; empty for a plain exit code
	Tail []string // the last 20 lines of its output
}

// Error gives the command as an argument list, how it ended, and its last
// lines.
func (e *ExitError) Error() string {
	how := e.Why
	if how == "" {
		how = fmt.Sprintf("exit code %d", e.Code)
	}
	return fmt.Sprintf("%s: %s\n  command: %q\n  %s", e.Tool, how,
		append([]string{e.Tool}, e.Args...), strings.Join(e.Tail, "\n  "))
}
