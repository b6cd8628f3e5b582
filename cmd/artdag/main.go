// Command artdag runs recipes on this machine and looks into what they made.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/artdag/artdag/executor/sandbox"
)

// version is set by the linker.
var version = "unknown"

func main() {
	// Where bubblewrap cannot be used, the program is executed again as the
	// supervisor of a tool; then this does not return.
	sandbox.Supervise()
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the whole program: it parses args, carries the command out and
// returns the exit code (see exit.go).
func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	ctx, stop := interruptible(ctx)
	defer stop()
	app := &app{ctx: ctx, env: environment(env), stdout: stdout, stderr: stderr}
	return app.exit(app.run(args))
}

// interruptible returns a context that the first SIGINT or SIGTERM ends; the
// second ends the process at once. Tools die with it.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel()
		case <-done:
			return
		}
		select {
		case <-signals:
			os.Exit(exitInterrupted)
		case <-done:
		}
	}()
	return ctx, func() { signal.Stop(signals); close(done); cancel() }
}
