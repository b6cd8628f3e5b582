package dag_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/dag"
)

// vectors is testdata/identity.json, made by an independent implementation.
type vectors struct {
	Content []struct {
		UTF8   string
		Repeat struct {
			Byte  byte
			Count int
		}
		ContentHash dag.ContentHash `json:"content_hash"`
	}
	Step     []stepVector
	Resolved []stepVector
	Recipe   []struct {
		Document   map[string]any
		Canonical  string
		RecipeHash dag.RecipeHash `json:"recipe_hash"`
	}
	Run      []runVector
	Plan     []runVector
	Analysis []struct {
		Features   []string
		Input      dag.ContentHash
		Canonical  string
		AnalysisID dag.AnalysisID `json:"analysis_id"`
	}
	Manifest []struct {
		Members     []any
		Canonical   string
		ContentHash dag.ContentHash `json:"content_hash"`
	}
}

type stepVector struct {
	Name, Type, Realm, Canonical string
	Config                       map[string]any
	Inputs                       []dag.Input
	CacheID                      dag.CacheID `json:"cache_id"`
	ResolvedID                   dag.CacheID `json:"resolved_id"`
}

type runVector struct {
	Name, Realm, Canonical string
	Inputs, Analysis       map[string]dag.ContentHash
	Params                 map[string]any
	Types                  []string
	RecipeHash             dag.RecipeHash `json:"recipe_hash"`
	RunID                  dag.RunID      `json:"run_id"`
	PlanID                 dag.PlanID     `json:"plan_id"`
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/identity.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	// A section that is missing or renamed must not pass as an empty loop.
	if len(v.Content) < 5 || len(v.Step) < 13 || len(v.Resolved) < 2 || len(v.Recipe) < 1 ||
		len(v.Run) < 5 || len(v.Analysis) < 2 || len(v.Plan) < 3 || len(v.Manifest) < 1 {
		t.Fatal("testdata/identity.json lacks vectors")
	}
	return v
}

func canonical(t testing.TB, v any) []byte {
	t.Helper()
	text, err := dag.Canonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestContentVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Content {
		data := []byte(v.UTF8)
		if v.Repeat.Count > 0 {
			data = bytes.Repeat([]byte{v.Repeat.Byte}, v.Repeat.Count)
		}
		if got := dag.HashContent(data); got != v.ContentHash {
			t.Errorf("HashContent(%.20q) = %s, want %s", data, got, v.ContentHash)
		}
	}
}

func TestStepVectors(t *testing.T) {
	t.Parallel()
	all := readVectors(t)
	for _, v := range append(all.Step, all.Resolved...) {
		want := v.CacheID
		if want.IsZero() {
			want = v.ResolvedID
		}
		if got := dag.StepID(v.Type, canonical(t, v.Config), v.Inputs, v.Realm); got != want {
			t.Errorf("%s: StepID = %s, want %s", v.Name, got, want)
		}
		if got := dag.CacheID(sha3.Sum256([]byte(v.Canonical))); got != want {
			t.Errorf("%s: the vector contradicts itself: %s, %s", v.Name, got, want)
		}
	}
}

func TestResolveVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Resolved {
		contents := make([]dag.ContentHash, len(v.Inputs))
		for i, in := range v.Inputs {
			contents[i] = in.Content
		}
		step := dag.Step{Type: v.Type, Config: canonical(t, v.Config)}
		if got := step.Resolve(contents, v.Realm); got != v.ResolvedID {
			t.Errorf("%s: Resolve = %s, want %s", v.Name, got, v.ResolvedID)
		}
	}
}

func TestRecipeVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Recipe {
		if got := string(canonical(t, v.Document)); got != v.Canonical {
			t.Errorf("Canonical\n got %s\nwant %s", got, v.Canonical)
		}
		if got, err := dag.HashRecipe(v.Document); err != nil || got != v.RecipeHash {
			t.Errorf("HashRecipe = %s, %v; want %s", got, err, v.RecipeHash)
		}
	}
}

func lists(inputs map[string]dag.ContentHash) map[string][]dag.ContentHash {
	out := map[string][]dag.ContentHash{}
	for name, hash := range inputs {
		out[name] = []dag.ContentHash{hash}
	}
	return out
}

func TestRunVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Run {
		got, err := dag.HashRun(v.RecipeHash, lists(v.Inputs), v.Params, v.Realm)
		if err != nil || got != v.RunID {
			t.Errorf("%s: HashRun = %s, %v; want %s", v.Name, got, err, v.RunID)
		}
	}
}

func TestPlanVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Plan {
		// A type that several steps have counts once.
		types := append(v.Types, v.Types...)
		got, err := dag.HashPlan(dag.PlanInputs{
			Recipe: v.RecipeHash, Inputs: lists(v.Inputs), Params: v.Params,
			Analysis: v.Analysis, Types: types, Realm: v.Realm,
		})
		if err != nil || got != v.PlanID {
			t.Errorf("%s: HashPlan = %s, %v; want %s", v.Name, got, err, v.PlanID)
		}
	}
}

func TestAnalysisVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Analysis {
		if got := dag.HashAnalysis(v.Input, v.Features...); got != v.AnalysisID {
			t.Errorf("HashAnalysis(%v) = %s, want %s", v.Features, got, v.AnalysisID)
		}
	}
}

func TestManifestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Manifest {
		text := canonical(t, v.Members)
		if string(text) != v.Canonical {
			t.Errorf("Canonical\n got %s\nwant %s", text, v.Canonical)
		}
		if got := dag.HashContent(text); got != v.ContentHash {
			t.Errorf("HashContent(manifest) = %s, want %s", got, v.ContentHash)
		}
	}
}

// TestWall uploads the canonical text of somebody's step as a file: its content
// hash then is that step's cache_id, digit for digit. As an input of another
// step it must not be taken for the step's output.
func TestWall(t *testing.T) {
	t.Parallel()
	source := dag.HashContent([]byte("fake video content"))
	config := canonical(t, map[string]any{"duration": 5, "offset": 10})
	step := dag.StepID("SEGMENT@1", config, []dag.Input{dag.ContentInput(source)}, "")
	text := fmt.Sprintf(`{"config":%s,"inputs":["content:%s"],"type":"SEGMENT@1"}`, config, source)
	forged := dag.HashContent([]byte(text))
	if forged.String() != step.String() {
		t.Fatalf("the forged file has hash %s, the step %s: this test no longer forges", forged, step)
	}
	honest := dag.StepID("SEQUENCE@1", []byte("{}"), []dag.Input{dag.StepInput(step, "")}, "")
	poisoned := dag.StepID("SEQUENCE@1", []byte("{}"), []dag.Input{dag.ContentInput(forged)}, "")
	if honest == poisoned {
		t.Errorf("a file stands for a step: both give %s", honest)
	}
}

// TestStepIDSeparatesFields tries to move text from one field to another.
func TestStepIDSeparatesFields(t *testing.T) {
	t.Parallel()
	id := dag.StepID("A@1", []byte("{}"), nil, "")
	in := dag.StepInput(id, `x"],"realm":"r`)
	seen := map[dag.CacheID]string{}
	for name, got := range map[string]dag.CacheID{
		"member with quotes": dag.StepID("B@1", []byte("{}"), []dag.Input{in}, ""),
		"realm":              dag.StepID("B@1", []byte("{}"), []dag.Input{dag.StepInput(id, "x")}, "r"),
		"type with realm":    dag.StepID(`B@1","realm":"r`, []byte("{}"), []dag.Input{dag.StepInput(id, "x")}, ""),
		"whole output":       dag.StepID("B@1", []byte("{}"), []dag.Input{dag.StepInput(id, "")}, ""),
		"twice":              dag.StepID("B@1", []byte("{}"), []dag.Input{in, in}, ""),
	} {
		if other, taken := seen[got]; taken {
			t.Errorf("%s and %s have the same identity %s", name, other, got)
		}
		seen[got] = name
	}
}

func TestRunWithSeveralFiles(t *testing.T) {
	t.Parallel()
	a, b := dag.HashContent([]byte("a")), dag.HashContent([]byte("b"))
	seen := map[dag.RunID]int{}
	for i, hashes := range [][]dag.ContentHash{{a}, {b}, {a, b}, {b, a}, {}} {
		id, err := dag.HashRun(dag.RecipeHash{}, map[string][]dag.ContentHash{"clips": hashes}, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := seen[id]; taken {
			t.Errorf("inputs %d and %d give the same run", i, other)
		}
		seen[id] = i
	}
}

func TestHashesRefuseWhatHasNoIdentity(t *testing.T) {
	t.Parallel()
	bad := map[string]any{"a": "\xff"}
	if id, err := dag.HashRecipe(bad); err == nil {
		t.Errorf("HashRecipe = %s, want an error", id)
	}
	if id, err := dag.HashRun(dag.RecipeHash{}, nil, bad, ""); err == nil {
		t.Errorf("HashRun = %s, want an error", id)
	}
	if id, err := dag.HashPlan(dag.PlanInputs{Params: bad}); err == nil {
		t.Errorf("HashPlan = %s, want an error", id)
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("0123456789abcdef", 4)
	id, err := dag.ParseID[dag.ContentHash](good)
	if err != nil || id.String() != good || id.Short() != "01234567" || id.IsZero() {
		t.Errorf("ParseID(%s) = %s, %v", good, id, err)
	}
	for text, want := range map[string]string{
		"":                         `identity "": want 64 hex digits, got 0 characters`,
		good[1:]:                   `want 64 hex digits, got 63 characters`,
		strings.ToUpper(good):      "character 11 is not a lower-case hex digit",
		good[:63] + "g":            "character 64 is not a lower-case hex digit",
		strings.Repeat("0", 10000): `000...": want 64 hex digits, got 10000 characters`,
	} {
		if id, err := dag.ParseID[dag.CacheID](text); err == nil || !strings.Contains(err.Error(), want) || !id.IsZero() {
			t.Errorf("ParseID(%.70q) = %s, %v; want error with %s", text, id, err, want)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"", strings.Repeat("0", 64), strings.Repeat("F", 64), strings.Repeat("é", 32), strings.Repeat("af", 32)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := dag.ParseID[dag.ContentHash](text)
		if err == nil && id.String() != text {
			t.Errorf("ParseID(%q) reads %s: one identity has two spellings", text, id)
		}
		if err != nil && !id.IsZero() {
			t.Errorf("ParseID(%q) returns %s with an error", text, id)
		}
	})
}

func TestIDAsJSON(t *testing.T) {
	t.Parallel()
	id := dag.HashContent(nil)
	text, err := json.Marshal(map[dag.ContentHash]dag.ContentHash{id: id})
	if err != nil {
		t.Fatal(err)
	}
	var back map[dag.ContentHash]dag.ContentHash
	if err := json.Unmarshal(text, &back); err != nil || back[id] != id {
		t.Errorf("%s reads back as %v, %v", text, back, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"B"}`), &back); err == nil {
		t.Error("a short identity was read")
	}
}

// A step is identified before its work is done, by what it does and to what.
func ExampleStepID() {
	config, err := dag.Canonical(map[string]any{"offset": 10.0, "duration": 5, "precise": true})
	if err != nil {
		panic(err)
	}
	video := dag.HashContent([]byte("fake video content"))
	fmt.Println(dag.StepID("SEGMENT@1", config, []dag.Input{dag.ContentInput(video)}, ""))
	// Output: 272a2d44c5763cf12909901dfca17116ba79e54076c8ed6ec689d377f44f7a2d
}

func BenchmarkStepID(b *testing.B) {
	config := canonical(b, typicalConfig())
	step := dag.StepID("SEGMENT@1", config, nil, "")
	for _, count := range []int{1, 100} {
		inputs := make([]dag.Input, count)
		for i := range inputs {
			inputs[i] = dag.StepInput(step, "")
		}
		b.Run(fmt.Sprintf("inputs=%d", count), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dag.StepID("SEQUENCE@1", config, inputs, "")
			}
		})
	}
}
