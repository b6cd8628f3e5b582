package main

import (
	"context"
	"sync"

	"github.com/artdag/artdag/executor/sandbox"
)

// tools runs tools in a sandbox that is made for the first of them: finding
// out how tools can be confined here starts processes, and a run of which
// everything is known needs none. It is safe for concurrent use; the zero value
// is ready.
type tools struct {
	once sync.Once
	box  *sandbox.Sandbox
	err  error
}

var _ sandbox.Runner = (*tools)(nil)

// Run runs the tool in the sandbox.
func (t *tools) Run(ctx context.Context, cmd sandbox.Command) error {
	t.once.Do(func() { t.box, t.err = sandbox.New(sandbox.Options{Reexec: true}) })
	if t.err != nil {
		return t.err
	}
	return t.box.Run(ctx, cmd)
}

// close ends the sandbox, if there was need of one.
func (t *tools) close() {
	if t.box != nil {
		t.box.Close()
	}
}
