// Command scheduler plans jobs, releases their steps and serves the API.
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
		Name: "scheduler", Help: "The scheduler of an artdag farm: it plans jobs, releases their steps to the workers and serves the API.",
		Version: version, Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Command: &farm.SchedulerSettings{},
	}))
}
