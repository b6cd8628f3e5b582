package executor

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
)

// astray is a step whose tool left something else than a file of its own.
type astray struct {
	Declared
	leave func(scratch string) string
}

func (astray) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Data }

func (astray) Expect(map[string]any, []*dag.Facts) (dag.Expectation, error) {
	return dag.Expectation{Facts: &dag.Facts{Kind: dag.Data}}, nil
}

func (a astray) Execute(_ context.Context, req Request) (Result, error) {
	return Result{Path: a.leave(req.Scratch)}, nil
}

func TestPerformRefusesOutputsThatAreNotFilesOfTheStep(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(name, to string) func(string) string {
		return func(scratch string) string {
			if err := os.Symlink(to, filepath.Join(scratch, name)); err != nil {
				t.Error(err)
			}
			return filepath.Join(scratch, "out")
		}
	}
	for name, leave := range map[string]func(string) string{
		"a link":         link("out", secret),
		"outside":        func(string) string { return secret },
		"nothing":        func(scratch string) string { return filepath.Join(scratch, "out") },
		"a folder":       func(scratch string) string { return scratch },
		"through a link": func(scratch string) string { return link("d", filepath.Dir(secret))(scratch) + "/../d/secret" },
		"up and out":     func(scratch string) string { return filepath.Join(scratch, "..", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			result, err := Perform(t.Context(), astray{Declare(Spec{Name: "ASTRAY", Version: 1}), leave}, Request{
				Config: map[string]any{}, Scratch: t.TempDir(), Log: io.Discard, Progress: func(float64) {},
			})
			if err == nil || strings.Contains(err.Error(), "panic") {
				t.Errorf("got %v and %v, want a refusal", result, err)
			}
		})
	}
}
