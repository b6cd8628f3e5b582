// Package executortest runs step types as the engine does, with the real tools
// in the real sandbox, on small real media that it makes.
package executortest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/sandbox"
)

// Run performs a step and returns its result, which Perform has measured and
// checked; any error fails the test. config is normalised first. It may be
// called from parallel tests.
func Run(t testing.TB, e executor.Executor, config map[string]any, inputs ...executor.File) executor.Result {
	t.Helper()
	result, err := Try(t, e, config, inputs...)
	if err != nil {
		t.Fatalf("%s %v: %v", e.Type(), config, err)
	}
	return result
}

// Try is Run for steps that are expected to fail.
func Try(t testing.TB, e executor.Executor, config map[string]any, inputs ...executor.File) (executor.Result, error) {
	t.Helper()
	return TryWith(t, Sandbox(t), e, config, inputs...)
}

// TryWith is Try with a runner of the caller's, which may change the commands:
// see Changing.
func TryWith(t testing.TB, run sandbox.Runner, e executor.Executor, config map[string]any, inputs ...executor.File) (executor.Result, error) {
	t.Helper()
	normal, err := e.Normalize(config)
	if err != nil {
		return executor.Result{}, err
	}
	return executor.Perform(t.Context(), e, executor.Request{
		Config: normal, Inputs: inputs, Scratch: t.TempDir(), Slots: 2, Run: run,
		Log: t.Output(), Progress: func(float64) {},
	})
}

// File returns the input that stands for a file.
func File(t testing.TB, path string) executor.File {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return executor.File{Path: path, Name: filepath.Base(path)}
}

// FileOf returns the input that stands for the result of a step.
func FileOf(r executor.Result) executor.File {
	file := executor.File{Path: r.Path, Facts: r.Facts, Name: filepath.Base(r.Path)}
	for _, m := range r.Members {
		file.Members = append(file.Members, executor.File{Path: m.Path, Facts: m.Facts, Name: m.Name})
	}
	return file
}
