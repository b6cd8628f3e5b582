package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/artdag/artdag/executor/sandbox"
)

func TestMain(m *testing.M) {
	// The program under test is this binary: where bubblewrap cannot be used, it
	// is executed again as a supervisor, and must not run the tests then.
	sandbox.Supervise()
	testscript.Main(m, map[string]func(){"artdag": main})
}

// The scripts run the program as its users do: with its own home, on media
// that they make.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			home := env.WorkDir + "/home"
			env.Setenv("HOME", home)
			env.Setenv("ARTDAG_CACHE_DIR", env.WorkDir+"/cache")
			return os.Mkdir(home, 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "closing": checkClosing, "remember": remember,
		},
	})
}

// exits CODE COMMAND...: the command ends with that very exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%q: exit code %d, want %d", args[1:], got, want)
	}
}

// checkClosing reads the last line of stdout as the closing object of run
// --json, checks that it is exactly that, and compares fields:
// closing status=COMPLETED executed=0 content!=$FIRST.
func checkClosing(ts *testscript.TestScript, _ bool, args []string) {
	end, err := readClosing(ts.ReadFile("stdout"))
	ts.Check(err)
	got := map[string]string{
		"status": string(end.Status), "outputs": fmt.Sprint(len(end.Outputs)),
		"total": fmt.Sprint(end.Steps.Total), "executed": fmt.Sprint(end.Steps.Executed), "cached": fmt.Sprint(end.Steps.Cached),
		"failed": fmt.Sprint(end.Steps.Failed), "skipped": fmt.Sprint(end.Steps.Skipped),
	}
	if len(end.Outputs) > 0 {
		got["content"] = end.Outputs[0].Content.String()
	}
	for _, arg := range args {
		name, want, _ := strings.Cut(arg, "=")
		name, differs := strings.CutSuffix(name, "!")
		have, ok := got[name]
		if !ok || (have == want) == differs {
			ts.Fatalf("closing object: %s is %q, want %s", name, have, arg)
		}
	}
}

// remember NAME keeps the content hash of the first output in a variable.
func remember(ts *testscript.TestScript, _ bool, args []string) {
	end, err := readClosing(ts.ReadFile("stdout"))
	ts.Check(err)
	if len(end.Outputs) == 0 {
		ts.Fatalf("the run has no outputs")
	}
	ts.Setenv(args[0], end.Outputs[0].Content.String())
}

// readClosing parses the last line, strictly.
func readClosing(stdout string) (closing, error) {
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	last := lines[len(lines)-1]
	decoder := json.NewDecoder(strings.NewReader(last))
	decoder.DisallowUnknownFields()
	var end closing
	if err := decoder.Decode(&end); err != nil {
		return end, fmt.Errorf("the last line %q is no closing object: %w", last, err)
	}
	for _, key := range []string{"job_id", "run_id", "plan_id", "status", "outputs", "steps", "seconds"} {
		if !strings.Contains(last, `"`+key+`":`) {
			return end, fmt.Errorf("the last line %q lacks %s", last, key)
		}
	}
	if s := end.Steps; s.Total != s.Executed+s.Cached+s.Failed+s.Skipped {
		return end, fmt.Errorf("the counts of %q do not add up", last)
	}
	return end, nil
}
