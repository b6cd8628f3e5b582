package planner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// kindOf declares the types of the tests: enough of each rule that planning
// asks of a type, and nothing of media.
type fake struct {
	name    string
	arity   dag.Arity
	keys    []string
	kind    dag.Kind
	members func(config map[string]any) []string
	refuse  func(config map[string]any, facts []*dag.Facts) error
}

func (f fake) Type() string      { return f.name + "@1" }
func (f fake) Inputs() dag.Arity { return f.arity }

func (f fake) Normalize(config map[string]any) (map[string]any, error) {
	out := map[string]any{}
	var faults dag.ConfigErrors
	for key, v := range config {
		known := false
		for _, k := range f.keys {
			known = known || k == key
		}
		switch _, isText := v.(string); {
		case !known:
			faults = append(faults, dag.ConfigError{Path: []string{key}, Unknown: true, Message: "unknown key" + dag.Suggest(key, f.keys)})
		case v == nil:
		case key == "duration" && isText:
			faults = append(faults, dag.ConfigError{Path: []string{key}, Message: "want a number"})
		default:
			out[key] = v
		}
	}
	if faults != nil {
		return nil, faults
	}
	return out, nil
}

func (f fake) Output(_ map[string]any, inputs []dag.Kind) dag.Kind {
	if f.kind == "" && len(inputs) > 0 {
		return inputs[0]
	}
	return f.kind
}

func (f fake) Expect(config map[string]any, facts []*dag.Facts) (dag.Expectation, error) {
	want := dag.Expectation{Facts: &dag.Facts{Kind: f.kind, Format: "matroska", Duration: 1}, Slots: 1, Cost: 0.5}
	if f.refuse != nil {
		if err := f.refuse(config, facts); err != nil {
			return want, err
		}
	}
	if f.members != nil {
		want.Multi, want.Members = true, f.members(config)
	}
	return want, nil
}

type fakes map[string]fake

func (f fakes) Lookup(name string) (dag.Type, bool) { t, ok := f[name]; return t, ok }

func (f fakes) Names() []string {
	return []string{"ASSEMBLE", "COMMAND", "ENCODE", "FRAMES", "MUX", "SEGMENT", "SEQUENCE"}
}

func testTypes() fakes {
	video := dag.Slot{Name: "video", Doc: "the picture", Kinds: []dag.Kind{dag.Video}}
	audio := dag.Slot{Name: "audio", Doc: "the sound", Kinds: []dag.Kind{dag.Audio, dag.Video}}
	return fakes{
		"SEGMENT": {name: "SEGMENT", arity: dag.Arity{Slots: []dag.Slot{{Name: "clip", Kinds: []dag.Kind{dag.Video, dag.Audio}}}},
			keys: []string{"offset", "duration"},
			refuse: func(config map[string]any, facts []*dag.Facts) error {
				if end, _ := config["offset"].(float64); facts[0] != nil && end > facts[0].Duration {
					return fmt.Errorf("offset %v is past the end of %v s", end, facts[0].Duration)
				}
				return nil
			}},
		"SEQUENCE": {name: "SEQUENCE", arity: dag.Arity{Rest: &dag.Slot{Name: "clip", Kinds: []dag.Kind{dag.Video}}, Min: 1}, kind: dag.Video},
		"MUX":      {name: "MUX", arity: dag.Arity{Slots: []dag.Slot{video, audio}}, keys: []string{"offset"}, kind: dag.Video},
		"ENCODE":   {name: "ENCODE", arity: dag.Arity{Slots: []dag.Slot{video}}, keys: []string{"format"}, kind: dag.Video},
		"FRAMES": {name: "FRAMES", arity: dag.Arity{Slots: []dag.Slot{video}}, keys: []string{"at"}, kind: dag.Images,
			members: func(config map[string]any) []string {
				list, _ := config["at"].([]any)
				var out []string
				for i := range list {
					out = append(out, fmt.Sprintf("%08d", i))
				}
				return out
			}},
		"ASSEMBLE": {name: "ASSEMBLE", arity: dag.Arity{Rest: &dag.Slot{Name: "image", Kinds: []dag.Kind{dag.Image, dag.Images}}, Min: 1}, kind: dag.Video},
		"COMMAND":  {name: "COMMAND", arity: dag.Arity{Rest: &dag.Slot{Name: "in"}, Named: true}, keys: []string{"argv", "slots"}, kind: dag.Data},
	}
}

type features map[string]map[string]FieldType

func (f features) Fields(name string) (map[string]FieldType, bool) { t, ok := f[name]; return t, ok }

func (f features) Names() []string { return []string{"beats", "probe"} }

func testPlanner() *Planner {
	return &Planner{Types: testTypes(), Features: features{
		"beats": {"beats": FieldNumbers, "tempo": FieldNumber},
		"probe": {"duration": FieldNumber, "fps": FieldNumber},
	}}
}

func parse(t testing.TB, text string) *recipe.Recipe {
	t.Helper()
	r, err := recipe.Parse("film.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func content(name string) dag.ContentHash { return dag.HashContent([]byte(name)) }

// request gives every input of a recipe one file of its name.
func request(r *recipe.Recipe) Request {
	req := Request{Recipe: r, Inputs: map[string][]dag.ContentHash{}, Params: map[string]any{},
		Facts: map[dag.ContentHash]*dag.Facts{}, Analysis: map[string]map[string]any{}, Documents: map[string]dag.ContentHash{}}
	for _, in := range r.Inputs {
		req.Inputs[in.Name] = []dag.ContentHash{content(in.Name)}
		req.Facts[content(in.Name)] = &dag.Facts{Kind: in.Kind, Duration: 12}
	}
	for _, p := range r.Params {
		req.Params[p.Name] = p.Default
	}
	for _, a := range r.Analysis {
		req.Analysis[a.Input] = map[string]any{
			"beats": []any{0.5, 1.0, 1.5, 2.0, 2.5}, "tempo": 120.0, "duration": 12.0, "fps": 25.0,
		}
		req.Documents[a.Input] = content("analysis of " + a.Input)
	}
	return req
}

const head = "inputs: {video: {kind: video}, song: {kind: audio}}\nnodes:\n"

// shape writes a plan as lines "label TYPE config <- inputs".
func shape(plan *dag.Plan) []string {
	labels := map[dag.CacheID]string{}
	names := map[dag.ContentHash]string{}
	for name, hashes := range plan.Inputs {
		for i, h := range hashes {
			names[h] = name
			if len(hashes) > 1 {
				names[h] = fmt.Sprintf("%s:%d", name, i)
			}
		}
	}
	var out []string
	for _, s := range plan.Steps {
		labels[s.ID] = s.Label
		var inputs []string
		for _, in := range s.Inputs {
			name := names[in.Content]
			if !in.IsSource() {
				name = strings.TrimSuffix(labels[in.Step]+"/"+in.Member, "/")
			}
			inputs = append(inputs, name)
		}
		out = append(out, fmt.Sprintf("%s %s %s <- %s", s.Label, s.Type, s.Config, strings.Join(inputs, " ")))
	}
	return out
}

func TestPlan(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"one step": {head + `  - {id: a, type: SEGMENT, config: {offset: 1}, inputs: [video]}
outputs: [a]`, []string{`a SEGMENT@1 {"offset":1} <- video`}},
		"fan-out over values": {head + `  - {id: s, for_each: "[1, 2]", type: SEGMENT, config: {offset: "${item * 2}", duration: "${index}"}, inputs: [video]}
  - {id: film, type: SEQUENCE, inputs: [s]}
outputs: [film]`, []string{
			`s[0] SEGMENT@1 {"duration":0,"offset":2} <- video`, `s[1] SEGMENT@1 {"duration":1,"offset":4} <- video`,
			`film SEQUENCE@1 {} <- s[0] s[1]`}},
		"fan-out over steps": {head + `  - {id: s, for_each: "[1, 2]", type: SEGMENT, config: {offset: "${item}"}, inputs: [video]}
  - {id: e, for_each: {each: s}, type: ENCODE, inputs: [$item]}
  - {id: film, type: SEQUENCE, inputs: [e]}
outputs: [film]`, []string{
			`s[0] SEGMENT@1 {"offset":1} <- video`, `s[1] SEGMENT@1 {"offset":2} <- video`,
			`e[0] ENCODE@1 {} <- s[0]`, `e[1] ENCODE@1 {} <- s[1]`, `film SEQUENCE@1 {} <- e[0] e[1]`}},
		"zip and cross": {head + `  - {id: a, for_each: "[1, 2]", type: SEGMENT, config: {offset: "${item}"}, inputs: [video]}
  - {id: b, for_each: "[3, 4]", type: SEGMENT, config: {offset: "${item}"}, inputs: [song]}
  - {id: m, for_each: {zip: [a, b]}, type: MUX, inputs: ["$item[0]", "$item[1]"]}
  - {id: n, for_each: {cross: [a, b]}, type: MUX, config: {offset: 9}, inputs: ["$item[0]", "$item[1]"]}
  - {id: film, type: SEQUENCE, inputs: [m, n]}
outputs: [film]`, []string{
			`a[0] SEGMENT@1 {"offset":1} <- video`, `a[1] SEGMENT@1 {"offset":2} <- video`,
			`b[0] SEGMENT@1 {"offset":3} <- song`, `b[1] SEGMENT@1 {"offset":4} <- song`,
			`m[0] MUX@1 {} <- a[0] b[0]`, `m[1] MUX@1 {} <- a[1] b[1]`,
			`n[0] MUX@1 {"offset":9} <- a[0] b[0]`, `n[1] MUX@1 {"offset":9} <- a[0] b[1]`,
			`n[2] MUX@1 {"offset":9} <- a[1] b[0]`, `n[3] MUX@1 {"offset":9} <- a[1] b[1]`,
			`film SEQUENCE@1 {} <- m[0] m[1] n[0] n[1] n[2] n[3]`}},
		"when and switch": {"params: {night: {type: boolean, default: true}}\n" + head + `  - {id: a, type: SEGMENT, config: {offset: 1}, inputs: [video]}
  - {id: b, type: SEGMENT, config: {offset: 2}, inputs: [video], when: "!params.night"}
  - {id: c, type: SWITCH, config: {select: "params.night ? 'n' : 'd'"}, inputs: {n: a, d: b}}
  - {id: film, type: SEQUENCE, inputs: [a, b, c]}
outputs: [film]`, []string{`a SEGMENT@1 {"offset":1} <- video`, `film SEQUENCE@1 {} <- a a`}},
		"members": {head + `  - {id: f, type: FRAMES, config: {at: [0, 1.5]}, inputs: [video]}
  - {id: film, type: ASSEMBLE, inputs: [f]}
outputs: [film]`, []string{`f FRAMES@1 {"at":[0,1.5]} <- video`, `film ASSEMBLE@1 {} <- f/00000000 f/00000001`}},
		"members unknown are one list": {head + `  - {id: f, type: FRAMES, inputs: [video]}
  - {id: film, type: ASSEMBLE, inputs: [f]}
outputs: [film]`, []string{`f FRAMES@1 {} <- video`, `film ASSEMBLE@1 {} <- f`}},
		"named slots in their order": {head + `  - {id: film, type: MUX, inputs: {audio: song, video: video}}
outputs: [film]`, []string{`film MUX@1 {} <- video song`}},
		"free names by name": {head + `  - {id: c, type: COMMAND, config: {argv: [x]}, inputs: {z: video, a: song}}
outputs: [c]`, []string{`c COMMAND@1 {"argv":["x"],"slots":["a","z"]} <- song video`}},
		"same work once": {head + `  - {id: a, type: SEGMENT, config: {offset: 1}, inputs: [video]}
  - {id: b, type: SEGMENT, config: {offset: 1.0}, inputs: [video]}
  - {id: film, type: SEQUENCE, inputs: [a, b]}
outputs: [film]`, []string{`a SEGMENT@1 {"offset":1} <- video`, `film SEQUENCE@1 {} <- a a`}},
		"only what is needed": {head + `  - {id: a, type: SEGMENT, config: {offset: 1}, inputs: [video]}
  - {id: b, type: SEGMENT, config: {offset: 2}, inputs: [video]}
outputs: [b]`, []string{`b SEGMENT@1 {"offset":2} <- video`}},
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, test.text)
			if faults := testPlanner().Check(r); len(faults) > 0 {
				t.Fatal(faults)
			}
			plan, err := testPlanner().Plan(t.Context(), request(r))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, shape(plan)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestCheckFindsWhatNeedsNoInput(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"type":           {`  - {id: a, type: SEGMNT, inputs: [video]}`, `film.yaml:3:10: node a: there is no step type "SEGMNT" (did you mean SEGMENT?)`},
		"key":            {`  - {id: a, type: SEGMENT, config: {ofset: 1}, inputs: [video]}`, "film.yaml:3:37: node a: ofset: unknown key (did you mean offset?)"},
		"key, open":      {`  - {id: a, type: SEGMENT, config: {ofset: 1, offset: "${1}"}, inputs: [video]}`, "film.yaml:3:37: node a: ofset: unknown key"},
		"unknown open":   {`  - {id: a, type: SEGMENT, config: {ofset: "${1}"}, inputs: [video]}`, "film.yaml:3:37: node a: ofset: unknown key"},
		"value":          {`  - {id: a, type: SEGMENT, config: {duration: long}, inputs: [video]}`, "film.yaml:3:47: node a: duration: want a number"},
		"missing":        {`  - {id: a, type: MUX, inputs: [video]}`, "node a: input audio is missing: the sound"},
		"missing, named": {`  - {id: a, type: MUX, inputs: {video: video}}`, "node a: input audio is missing: the sound"},
		"superfluous":    {`  - {id: a, type: ENCODE, inputs: [video, song]}`, "node a: ENCODE takes 1 input, got 2"},
		"slot":           {`  - {id: a, type: MUX, inputs: {video: video, audoi: song}}`, "has no input named audoi (did you mean audio?)"},
		"kind":           {`  - {id: a, type: ENCODE, inputs: [song]}`, "film.yaml:3:36: node a: input song is audio; video takes [video]"},
		"several": {`  - {id: s, for_each: "[1]", type: SEGMENT, inputs: [video]}
  - {id: a, type: ENCODE, inputs: [s]}`, "s stands for several; input video takes one"},
		"name":       {`  - {id: a, type: SEGMENT, config: {offset: "${params.x}"}, inputs: [video]}`, "film.yaml:3:55: there is no params.x"},
		"expression": {`  - {id: a, type: SEGMENT, config: {offset: "${1 +}"}, inputs: [video]}`, "film.yaml:3:50: unexpected token EOF"},
		"for_each":   {`  - {id: a, for_each: "beats", type: SEGMENT, inputs: [video]}`, "there is no name beats"},
		"when":       {`  - {id: a, when: "nope", type: SEGMENT, inputs: [video]}`, "there is no name nope"},
		"none":       {`  - {id: a, type: SEQUENCE}`, "SEQUENCE takes 1 or more inputs, got none"},
		"slots":      {`  - {id: a, type: COMMAND, config: {slots: [x]}, inputs: {x: video}}`, "slots is filled in"},
		"select":     {`  - {id: a, type: SWITCH, inputs: {x: video}}`, "SWITCH needs config: {select: EXPRESSION}"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, head+test.text+"\noutputs: [a]")
			faults := testPlanner().Check(r)
			if len(faults) == 0 || !strings.Contains(faults.Error(), test.want) {
				t.Errorf("got:\n%v\nwant in it: %s", faults, test.want)
			}
		})
	}
	r := parse(t, "inputs: {video: {kind: video}}\nanalysis: {video: [beets]}\nnodes: [{id: a, type: SEGMENT, inputs: [video]}]\noutputs: [a]")
	if faults := testPlanner().Check(r); !strings.Contains(faults.Error(), "no feature beets (did you mean beats?)") {
		t.Errorf("got %v", faults)
	}
}

func TestPlanFindsWhatInputsDecide(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":     {`  - {id: a, for_each: "filter([1], # > 2)", type: SEGMENT, inputs: [video]}`, "film.yaml:3:24: node a: for_each: the list filter([1], # > 2) is empty"},
		"past end":  {`  - {id: a, for_each: "[1, 99]", type: SEGMENT, config: {offset: "${item}"}, inputs: [video]}`, "a[1]: offset 99 is past the end of 12 s"},
		"value":     {`  - {id: a, type: SEGMENT, config: {duration: "${'x' + 'y'}"}, inputs: [video]}`, "film.yaml:3:47: a: duration: want a number"},
		"evaluates": {`  - {id: a, for_each: "[[1]]", type: SEGMENT, config: {offset: "${item[3]}"}, inputs: [video]}`, "a[0]: "},
		"zip": {`  - {id: s, for_each: "[1, 2]", type: SEGMENT, config: {offset: "${item}"}, inputs: [video]}
  - {id: u, for_each: "[1]", type: SEGMENT, inputs: [song]}
  - {id: m, for_each: {zip: [s, u]}, type: MUX, inputs: ["$item[0]", "$item[1]"]}
  - {id: a, type: SEQUENCE, inputs: [m]}`, "zip needs equal numbers: s has 2 steps, u has 1 step"},
		"dropped": {`  - {id: s, when: "false", type: SEGMENT, inputs: [video]}
  - {id: a, type: ENCODE, inputs: [s]}`, "input video is s, which is not there in this run"},
		"all dropped": {`  - {id: s, when: "false", type: SEGMENT, inputs: [video]}
  - {id: a, type: SEQUENCE, inputs: [s]}`, "SEQUENCE takes 1 or more inputs, got none"},
		"choice": {`  - {id: a, type: SWITCH, config: {select: "'y'"}, inputs: {x: video}}`, "select gives y"},
		"frames": {`  - {id: f, type: FRAMES, config: {at: [0, 1]}, inputs: [video]}
  - {id: a, type: COMMAND, inputs: {x: f}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, head+test.text+"\noutputs: [a]")
			if faults := testPlanner().Check(r); len(faults) > 0 {
				t.Fatalf("found before the inputs: %v", faults)
			}
			_, err := testPlanner().Plan(t.Context(), request(r))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var faults recipe.Faults
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got:\n%v\nwant in it: %s", err, test.want)
			}
		})
	}
}

func TestIdentities(t *testing.T) {
	text := head + "  - {id: a, type: SEGMENT, config: {offset: 1}, inputs: [video]}\noutputs: [a]"
	plan := func(change func(*Request)) *dag.Plan {
		req := request(parse(t, text))
		change(&req)
		out, err := testPlanner().Plan(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	base := plan(func(*Request) {})
	if again := plan(func(*Request) {}); again.ID != base.ID || again.Run != base.Run || again.Steps[0].ID != base.Steps[0].ID {
		t.Error("the same request gave another plan")
	}
	realm := plan(func(r *Request) { r.Realm = "b" })
	if realm.ID == base.ID || realm.Run == base.Run || realm.Steps[0].ID == base.Steps[0].ID {
		t.Error("a realm shares identities")
	}
	other := plan(func(r *Request) { r.Documents["video"] = content("another analysis") })
	if other.ID == base.ID || other.Run != base.Run {
		t.Error("an analysis document belongs to the plan's identity, not to the run's")
	}
}

func TestUntilStopsAtANode(t *testing.T) {
	r := parse(t, head+"  - {id: a, type: SEGMENT, config: {offset: 1}, inputs: [video]}\n  - {id: b, type: ENCODE, inputs: [a]}\noutputs: [b]")
	req := request(r)
	req.Until = "a"
	plan, err := testPlanner().Plan(t.Context(), req)
	if err != nil || len(plan.Steps) != 1 || plan.Outputs[0].Name != "a" {
		t.Errorf("got %v, %v", plan, err)
	}
	req.Until = "c"
	if _, err := testPlanner().Plan(t.Context(), req); err == nil || !strings.Contains(err.Error(), "no node c") {
		t.Errorf("got %v", err)
	}
}

// A plan of a hundred thousand steps is held in less than 500 MB.
func TestLargePlanIsSmall(t *testing.T) {
	r, req := large(t, 100_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	plan, err := testPlanner().Plan(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if len(plan.Steps) != 100_001 {
		t.Errorf("%d steps, want 100001", len(plan.Steps))
	}
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 500<<20 {
		t.Errorf("the plan of %s takes %d MB", r.Name, held>>20)
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 1500<<20 {
		t.Errorf("planning allocated %d MB", made>>20)
	}
}

func large(t testing.TB, n int) (*recipe.Recipe, Request) {
	r := parse(t, head+fmt.Sprintf(`  - {id: s, for_each: "range(%d)", type: SEGMENT, config: {offset: "${mod(item * 0.001, 11)}", duration: "${1 + index}"}, inputs: [video]}
  - {id: film, type: SEQUENCE, inputs: [s]}
outputs: [film]`, n))
	return r, request(r)
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, req := large(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := testPlanner().Plan(context.Background(), req); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/step")
		})
	}
}

func TestGoldenPlan(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "beat-cut.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := testPlanner().Plan(t.Context(), request(parse(t, string(text))))
	if err != nil {
		t.Fatal(err)
	}
	got := planText(t, plan)
	golden := filepath.Join("testdata", "beat-cut.json")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run with UPDATE_GOLDEN=1 if the change is meant: -want +got\n%s", diff)
	}
}

func planText(t *testing.T, plan *dag.Plan) []byte {
	t.Helper()
	text, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}
