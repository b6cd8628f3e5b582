package farm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Program is a process of the farm.
type Program struct {
	Name, Help, Version string
	Args, Env           []string
	Stdout, Stderr      io.Writer
	Command             Command // its settings, filled in from flags and environment
}

// Command is what a program does with its settings. It blocks until ctx ends.
// kill is closed by the second signal.
type Command interface {
	Serve(ctx context.Context, version string, log *slog.Logger, kill <-chan struct{}) error
}

// Serve runs the scheduler.
func (c *SchedulerSettings) Serve(ctx context.Context, version string, log *slog.Logger, _ <-chan struct{}) error {
	return RunScheduler(ctx, *c, version, log)
}

// Serve runs the worker.
func (c *WorkerSettings) Serve(ctx context.Context, version string, log *slog.Logger, kill <-chan struct{}) error {
	return RunWorker(ctx, *c, version, log, kill)
}

// Main is a whole program: it returns the exit code, 0 after a clean end, 2 for
// wrong settings, 1 for anything else.
func Main(ctx context.Context, p Program) int {
	ended := errors.New("help or version was asked for")
	parser, err := kong.New(p.Command, kong.Name(p.Name), kong.Description(p.Help), kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(int) { panic(ended) }), kong.UsageOnError())
	if err != nil {
		panic(err) // the settings are declared wrong
	}
	code := 0
	func() {
		defer func() {
			if fault := recover(); fault != nil && fault != ended { //nolint:errorlint // the very value
				panic(fault)
			}
		}()
		code = 2
		if _, err = parser.Parse(p.Args); err == nil {
			err = CheckEnvironment(p.Env)
		}
		if err != nil {
			fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, err)
			return
		}
		code = p.serve(ctx)
	}()
	if err == nil && code == 2 {
		return 0 // help
	}
	return code
}

func (p Program) serve(ctx context.Context) int {
	ctx, kill, stop := signals(ctx)
	defer stop()
	Ballast()
	log := slog.New(slog.NewTextHandler(p.Stderr, nil))
	err := p.Command.Serve(ctx, p.Version, log, kill)
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, err)
		return 1
	}
	return 0
}

// signals returns a context that the first SIGINT or SIGTERM ends; the second
// closes kill, the third ends the process at once.
func signals(ctx context.Context) (context.Context, <-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(ctx)
	came := make(chan os.Signal, 3)
	signal.Notify(came, os.Interrupt, syscall.SIGTERM)
	kill, done := make(chan struct{}), make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-came:
			}
			switch n {
			case 0:
				cancel()
			case 1:
				close(kill)
			default:
				os.Exit(4)
			}
		}
	}()
	return ctx, kill, func() { signal.Stop(came); close(done); cancel() }
}
