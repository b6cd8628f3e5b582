package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/analysis"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/executor/executortest"
)

// preparer is a Preparer on the cache of the bench, with its step type.
func (b bench) preparer() *Preparer {
	return &Preparer{
		Cache: b.Cache, Parallel: 2, Planner: &planner.Planner{Types: b.Types, Features: analysis.Features()},
		Analyst: &analysis.Analyst{Run: b.Runner, Store: b.Cache, Scratch: func() (string, func(), error) {
			dir, err := os.MkdirTemp(b.t.TempDir(), "")
			return dir, func() {}, err
		}},
	}
}

func parse(t *testing.T, inputs string) *recipe.Recipe {
	t.Helper()
	r, err := recipe.Parse("recipe.yaml", []byte("name: test\ninputs:\n"+inputs+
		"nodes:\n  - {id: film, type: JOIN, inputs: [a]}\noutputs: [film]\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// files makes files that hold their own names and returns their folder.
func files(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestImagesOfFoldersAndPatterns(t *testing.T) {
	t.Parallel()
	dir := files(t, "shot.9.png", "shot.10.png", "shot.0100.png", "other.JPG", "notes.txt")
	for given, want := range map[string][]string{
		"":                {"other.JPG", "shot.9.png", "shot.10.png", "shot.0100.png"},
		"shot.#.png":      {"shot.9.png", "shot.10.png", "shot.0100.png"},
		"shot.##.png":     {"shot.10.png", "shot.0100.png"},
		"shot.####.png":   {"shot.0100.png"},
		"other.JPG":       {"other.JPG"},
		"shot.######.png": nil,
	} {
		got, err := imageFiles(filepath.Join(dir, given))
		if (err != nil) != (want == nil) {
			t.Errorf("%q: error %v, want %v", given, err, want)
		}
		for i := range got {
			got[i] = filepath.Base(got[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: want -, got +:\n%s", given, diff)
		}
	}
}

func TestPrepareTakesManyInOrderAndOptionalNone(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	dir := files(t, "x", "y")
	x, y := filepath.Join(dir, "x"), filepath.Join(dir, "y")
	r := parse(t, "  a: {kind: data, many: true}\n  b: {kind: data, optional: true}\n")
	prepare := func(inputs ...string) *Prepared {
		p, err := b.preparer().Prepare(t.Context(), Request{Recipe: r, Inputs: map[string][]string{"a": inputs}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	xy, yx := prepare(x, y), prepare(y, x)
	if n := len(xy.Plan.Steps[0].Inputs); n != 2 {
		t.Errorf("the step has %d inputs, want 2", n)
	}
	if xy.Plan.Steps[0].ID == yx.Plan.Steps[0].ID {
		t.Error("another order of the files is the same step")
	}
	if got := output1(t, b.run(Job{Plan: yx.Plan, Sources: yx.Sources, Facts: yx.Facts})); got != "(y)(x)" {
		t.Errorf("made %q, want (y)(x)", got)
	}
}

func TestPrepareNamesWhatIsWrongWithInputs(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	dir := files(t, "x", "empty")
	if err := os.Truncate(filepath.Join(dir, "empty"), 0); err != nil {
		t.Fatal(err)
	}
	x := filepath.Join(dir, "x")
	for name, test := range map[string]struct {
		inputs string
		given  map[string][]string
		want   string
		fault  bool // of the recipe's inputs as a whole, not of one file
	}{
		"unknown":  {"  a: {kind: data}\n", map[string][]string{"a": {x}, "aa": {x}}, "no input named aa (did you mean a?); it has: a", true},
		"missing":  {"  a: {kind: data}\n", nil, "input a is missing: give it with -i a=PATH", true},
		"two":      {"  a: {kind: data}\n", map[string][]string{"a": {x, x}}, "input a takes one file, got 2", true},
		"no file":  {"  a: {kind: data}\n", map[string][]string{"a": {dir + "/z"}}, "input a: there is no file", false},
		"folder":   {"  a: {kind: data}\n", map[string][]string{"a": {dir}}, "is a folder; give a file", false},
		"no image": {"  a: {kind: images}\n", map[string][]string{"a": {dir}}, "no images found", true},
		"hash":     {"  a: {kind: data}\n", map[string][]string{"a": {strings.Repeat("0", 64)}}, "is not in the cache; give the file itself", false},
		"cid":      {"  a: {kind: data}\n", map[string][]string{"a": {"bafkreigwo5op6ohme2puko24itc6h7juo25zl2s23ljyx5nnd66xjc7ypu"}}, "is not in the cache; give the file itself", false},
		"no media": {"  a: {kind: video}\n", map[string][]string{"a": {x}}, "input a: ", false},
		"second":   {"  a: {kind: data, many: true}\n", map[string][]string{"a": {x, dir + "/z"}}, "input a[1]: there is no file", false},
	} {
		_, err := b.preparer().Prepare(t.Context(), Request{Recipe: parse(t, test.inputs), Inputs: test.given})
		var faults recipe.Faults
		var input *InputError
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.As(err, &faults) != test.fault || errors.As(err, &input) == test.fault {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestPrepareTakesWhatTheCacheHolds(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	made := b.run(Job{Plan: planOf(t, "a")}).Outputs[0]
	r := parse(t, "  a: {kind: data}\n")
	for _, given := range []string{made.Content.String(), made.CID} {
		p, err := b.preparer().Prepare(t.Context(), Request{Recipe: r, Inputs: map[string][]string{"a": {given}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := output1(t, b.run(Job{Plan: p.Plan, Sources: p.Sources, Facts: p.Facts})); got != "(a)" {
			t.Errorf("%s: made %q, want (a)", given, got)
		}
	}
}

// What a step reads may change between being hashed and being read, and while
// it is read: then the step fails and nothing is stored.
func TestChangedInputFailsTheStepThatReadsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	x := filepath.Join(files(t, "x"), "x")
	p, err := b.preparer().Prepare(t.Context(), Request{Recipe: parse(t, "  a: {kind: data}\n"), Inputs: map[string][]string{"a": {x}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(x, []byte("other bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := b.run(Job{Plan: p.Plan, Sources: p.Sources, Facts: p.Facts})
	b.want(r, HasFailed, 0, 0, 1, 0)
	if text := fmt.Sprint(r.Failures[0]); !strings.Contains(text, "changed while it was in use") {
		t.Errorf("failed with %q", text)
	}
	if _, err := b.Cache.Get(p.Plan.Steps[0].ID); err == nil {
		t.Error("a result was stored")
	}
}

func TestAnalyzeMeasuresWhatIsGiven(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	clip := executortest.Media(t, executortest.Clip{Size: "64x48", FPS: "25", Seconds: 0.4, Rate: 48000})
	r := parse(t, "  a: {kind: video, many: true}\n  b: {kind: audio}\n")
	r.Analysis = []recipe.Analysis{{Input: "b", Features: []string{"energy"}}}
	_, err := b.preparer().Analyze(t.Context(), Request{Recipe: r, Inputs: map[string][]string{"a": {clip}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "input b is missing") {
		t.Errorf("without what the recipe measures: %v", err)
	}
	got, err := b.preparer().Analyze(t.Context(), Request{Recipe: r, Inputs: map[string][]string{"a": {clip, clip}, "b": {clip}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if list, _ := got["a"].([]any); len(list) != 2 || list[1].(map[string]any)["width"] != 64.0 {
		t.Errorf("two files gave %v", got["a"])
	}
	sound, _ := got["b"].(map[string]any)
	if _, ok := sound["energy"]; !ok || sound["duration"] != nil {
		t.Errorf("energy alone was asked for, got %v", sound)
	}
}

func TestKnownFollowsTheOutputs(t *testing.T) {
	t.Parallel()
	b := newBench(t, t.TempDir())
	plan := planOf(t, "a", "b <- a", "c <- b")
	b.run(Job{Plan: planOf(t, "a", "b <- a")})
	known, err := Known(b.Cache, plan)
	if diff := cmp.Diff([]bool{true, true, false}, known); diff != "" || err != nil {
		t.Errorf("%v, want -, got +:\n%s", err, diff)
	}
}
