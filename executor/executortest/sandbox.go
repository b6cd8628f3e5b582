package executortest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/artdag/artdag/executor/sandbox"
)

// shared finds out once how tools can be confined here, which takes as long as
// a small render. It is never closed: it serves until the test program ends.
var shared = sync.OnceValues(func() (*sandbox.Sandbox, error) { return sandbox.New(sandbox.Options{}) })

// Sandbox returns the real sandbox, the same for all tests of a program.
func Sandbox(t testing.TB) sandbox.Runner {
	t.Helper()
	box, err := shared()
	if err != nil {
		t.Fatal(err)
	}
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
