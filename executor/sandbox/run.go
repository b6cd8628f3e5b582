package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"time"
)

// errTimeout is the cause of a context that the timeout of a command ended.
var errTimeout = errors.New("timeout")

// errSetup is a confinement that did not come about: a file to be shown is
// missing, or the tool cannot be executed.
var errSetup = errors.New("the sandbox could not be set up")

// Run starts the tool and blocks until it and everything it started are gone.
// It implements Runner.
func (s *Sandbox) Run(ctx context.Context, cmd Command) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", cmd.Tool, context.Cause(ctx))
	}
	path, err := s.find(cmd.Tool)
	if err != nil {
		return err
	}
	cmd.Read, err = s.absolute(&cmd)
	if err != nil {
		return err
	}
	limited, cancel := withTimeout(ctx, cmd.Timeout)
	defer cancel()
	began := time.Now()
	defer func() { cmd.Used.add(time.Since(began), s.Limits()) }()
	return s.run(limited, path, cmd)
}

// absolute fills in the defaults and cleans the paths, which the confinement
// compares.
func (s *Sandbox) absolute(cmd *Command) ([]string, error) {
	if !filepath.IsAbs(cmd.Dir) {
		return nil, fmt.Errorf("%s: the folder %q to run in is not absolute", cmd.Tool, cmd.Dir)
	}
	cmd.Dir = filepath.Clean(cmd.Dir)
	if cmd.Memory == 0 {
		cmd.Memory = s.options.Memory
	}
	if cmd.Processes == 0 {
		cmd.Processes = s.options.Processes
	}
	read := make([]string, len(cmd.Read))
	for i, path := range cmd.Read {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("%s: the file %q to read is not absolute", cmd.Tool, path)
		}
		read[i] = filepath.Clean(path)
	}
	return read, nil
}

func withTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, errTimeout)
}

func (s *Sandbox) run(ctx context.Context, path string, cmd Command) error {
	bounds, err := s.limits.bound(cmd)
	if err != nil {
		return fmt.Errorf("sandbox: limit %s: %w", cmd.Tool, err)
	}
	defer bounds.release()
	bounds.every = s.every
	p, err := s.confine.prepare(path, cmd, bounds)
	if err != nil {
		return fmt.Errorf("sandbox: prepare %s: %w", cmd.Tool, err)
	}
	defer p.release()
	output := redirect(p.cmd, cmd)
	if err := s.starter.start(p); err != nil {
		return fmt.Errorf("sandbox: start %s: %w", cmd.Tool, err)
	}
	err = s.attend(ctx, p, bounds)
	return s.verdict(ctx, cmd, err, bounds, output)
}

// attend blocks from the start of the tool to the end of its last process.
func (s *Sandbox) attend(ctx context.Context, p *process, bounds *bounds) error {
	setup := p.started()
	// Not before: kill reaches what started has found.
	stop := context.AfterFunc(ctx, p.kill)
	defer stop()
	unwatch := bounds.watch(p)
	err := p.cmd.Wait()
	unwatch()
	p.kill()
	return errors.Join(setup, p.gone(), err)
}

// verdict says how the tool ended.
func (s *Sandbox) verdict(ctx context.Context, cmd Command, err error, bounds *bounds, output *output) error {
	why := bounds.exceeded()
	switch {
	case err == nil && why == "":
		return nil
	case why != "":
	case errors.Is(context.Cause(ctx), errTimeout):
		why = fmt.Sprintf("timeout after %s", cmd.Timeout)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", cmd.Tool, context.Cause(ctx))
	}
	failure := &ExitError{Tool: cmd.Tool, Args: cmd.Args, Code: -1, Why: why, Tail: output.last()}
	var exit *exec.ExitError
	switch {
	case why != "":
		return failure
	case errors.Is(err, errSetup):
		return fmt.Errorf("%s: %w: %s", cmd.Tool, errSetup, strings.Join(output.last(), "; "))
	case !errors.As(err, &exit):
		return fmt.Errorf("sandbox: run %s: %w", cmd.Tool, err)
	}
	failure.Code, failure.Why = ending(exit)
	return failure
}

// output keeps the last lines of both streams.
type output struct{ stdout, stderr *tail }

// redirect connects the streams. When both go to one writer they are one pipe,
// so that lines keep their order and the writer is used by one goroutine.
func redirect(to *exec.Cmd, cmd Command) *output {
	o := &output{stdout: &tail{to: cmd.Stdout}, stderr: &tail{to: cmd.Stderr}}
	if same(cmd.Stdout, cmd.Stderr) {
		o.stdout = o.stderr
	}
	to.Stdin, to.Stdout, to.Stderr = cmd.Stdin, o.stdout, o.stderr
	return o
}

func same(a, b io.Writer) bool {
	return a != nil && b != nil && reflect.TypeOf(a).Comparable() && a == b
}

// last returns the last lines that were errors, or the last lines at all.
func (o *output) last() []string {
	if lines := o.stderr.last(); len(lines) > 0 {
		return lines
	}
	return o.stdout.last()
}
