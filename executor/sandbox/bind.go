package sandbox

import (
	"context"
	"slices"
)

// Bind returns a Runner for one step: a command without Dir runs in dir, every
// command may read read as well, and what it takes is added to used (nil
// counts nothing).
func Bind(r Runner, dir string, read []string, used *Usage) Runner {
	return bound{run: r, dir: dir, read: read, used: used}
}

type bound struct {
	run  Runner
	dir  string
	read []string
	used *Usage
}

// Run completes the command and passes it on.
func (b bound) Run(ctx context.Context, cmd Command) error {
	if cmd.Dir == "" {
		cmd.Dir = b.dir
	}
	cmd.Read = append(slices.Clone(b.read), cmd.Read...)
	if cmd.Used == nil {
		cmd.Used = b.used
	}
	return b.run.Run(ctx, cmd)
}
