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

// changing is a Runner that rewrites the arguments of one tool.
type changing struct {
	sandbox.Runner
	tool   string
	change func(args []string) []string
}

// Changing returns run with the arguments of tool rewritten by change, so that
// a test can render the same step under other conditions.
func Changing(run sandbox.Runner, tool string, change func(args []string) []string) sandbox.Runner {
	return changing{run, tool, change}
}

func (c changing) Run(ctx context.Context, cmd sandbox.Command) error {
	if cmd.Tool == c.tool {
		cmd.Args = c.change(slices.Clone(cmd.Args))
	}
	return c.Runner.Run(ctx, cmd)
}
