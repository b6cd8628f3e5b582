package executortest

import (
	"context"
	"slices"
	"testing"

	"github.com/artdag/artdag/executor/sandbox"
)

// Sandbox returns the real sandbox, closed when the test ends.
func Sandbox(t testing.TB) sandbox.Runner {
	t.Helper()
	box, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	return box
}

// changing is a Runner that rewrites each command before it runs.
type changing struct {
	sandbox.Runner
	change func(sandbox.Command) sandbox.Command
}

// Changing returns run with each command rewritten by change, which may modify
// its Args in place: so a test can render the same step under other
// conditions.
func Changing(run sandbox.Runner, change func(sandbox.Command) sandbox.Command) sandbox.Runner {
	return changing{run, change}
}

func (c changing) Run(ctx context.Context, cmd sandbox.Command) error {
	cmd.Args = slices.Clone(cmd.Args)
	return c.Runner.Run(ctx, c.change(cmd))
}
