// Command asynqmon serves the monitor of the queues behind a login. It shows
// and changes nothing unless it is started with --admin.
package main

import (
	"context"
	"os"

	"github.com/artdag/artdag/farm"
)

// version is set by the linker.
var version = "unknown"

func main() {
	os.Exit(farm.Main(context.Background(), farm.Program{
		Name: "asynqmon", Help: "The monitor of an artdag farm's queues.",
		Version: version, Args: os.Args[1:], Env: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr, Command: &settings{},
	}))
}
