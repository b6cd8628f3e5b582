package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// command is where TestMain builds the artdag command.
var command string

func TestMain(m *testing.M) {
	os.Exit(withCommand(m.Run))
}

// withCommand builds the command for as long as run takes.
func withCommand(run func() int) int {
	dir, err := os.MkdirTemp("", "artdag-examples-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "artdag")
	build := exec.Command("go", "build", "-o", command, "../cmd/artdag")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	return run()
}

// project is a recipe with a cache of its own.
type project struct {
	*testing.T
	recipe string
	cache  string
	given  []string // inputs and parameters
}

func newProject(t *testing.T, recipe string, given ...string) project {
	t.Helper()
	t.Parallel()
	return project{t, recipe, t.TempDir(), given}
}

// result is the last line of run --json.
type result struct {
	Status  string
	Outputs []struct {
		Name, Path string
		Content    string `json:"content_hash"`
	}
	Steps struct{ Total, Executed, Cached, Failed, Skipped int }
}

// run renders and returns what the command says at its end.
func (p project) run(more ...string) result {
	p.Helper()
	out := p.artdag(slices.Concat([]string{"run", p.recipe, "--json"}, p.given, more)...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var r result
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		p.Fatalf("the last line %q: %v", lines[len(lines)-1], err)
	}
	return r
}

// executes renders and compares the number of steps that were executed.
func (p project) executes(want int, more ...string) result {
	p.Helper()
	r := p.run(more...)
	if r.Status != "COMPLETED" || r.Steps.Executed != want || r.Steps.Total != r.Steps.Executed+r.Steps.Cached {
		p.Errorf("run %q: got %s %+v, want %d executed and the rest cached", more, r.Status, r.Steps, want)
	}
	return r
}

// render renders for the first time, and once more to see that nothing is
// executed then. It returns the files that are named, or name=file.
func (p project) render(names ...string) []string {
	p.Helper()
	var flags, files []string
	for _, name := range names {
		output, file, several := strings.Cut(name, "=")
		if !several {
			output, file = "", name
		}
		files = append(files, filepath.Join(p.TempDir(), file))
		flags = append(flags, "-o", strings.TrimPrefix(output+"="+files[len(files)-1], "="))
	}
	first := p.run(flags...)
	if first.Status != "COMPLETED" || first.Steps.Executed == 0 || first.Steps.Failed+first.Steps.Skipped > 0 {
		p.Fatalf("got %s %+v", first.Status, first.Steps)
	}
	second := p.executes(0)
	if second.Outputs[0].Content != first.Outputs[0].Content {
		p.Errorf("the second run gives %s, the first %s", second.Outputs[0].Content, first.Outputs[0].Content)
	}
	return files
}

// artdag calls the command on the project's cache.
func (p project) artdag(args ...string) string {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), command, append(args, "--cache-dir", p.cache)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		p.Fatalf("artdag %q: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

func TestEveryRecipeIsValid(t *testing.T) {
	t.Parallel()
	recipes, err := filepath.Glob("*/*.yaml")
	if err != nil || len(recipes) < 6 {
		t.Fatalf("%q: %v", recipes, err)
	}
	for _, recipe := range recipes {
		if strings.HasPrefix(recipe, "custom-executor") {
			continue // its step type is known to that program alone
		}
		if out, err := exec.CommandContext(t.Context(), command, "check", recipe).CombinedOutput(); err != nil || strings.Contains(string(out), "warning") {
			t.Errorf("check %s: %v\n%s", recipe, err, out)
		}
		text, err := os.ReadFile(recipe)
		if err != nil || !strings.Contains(string(text), "#   artdag run examples/"+filepath.ToSlash(recipe)) {
			t.Errorf("%s does not say how it is run (%v)", recipe, err)
		}
	}
}
