// Command worker claims and executes steps.
package main

import (
	"context"
	"os"

	"github.com/artdag/artdag/executor/sandbox"
	"github.com/artdag/artdag/farm"
)

// version is set by the linker.
var version = "unknown"

func main() {
	// The sandbox may execute the program again; then this does not return.
	sandbox.Supervise()
	os.Exit(farm.Main(context.Background(), farm.Program{
		Name: "worker", Help: "A worker of an artdag farm: it claims steps, executes them, and serves what it made to its peers.",
		Version: version, Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Command: &farm.WorkerSettings{},
	}))
}
