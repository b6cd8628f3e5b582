package dag_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag"
)

func TestInputText(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("ab", 32)
	content, _ := dag.ParseID[dag.ContentHash](hash)
	step, _ := dag.ParseID[dag.CacheID](hash)
	for _, test := range []struct {
		text string
		want dag.Input
	}{
		{"content:" + hash, dag.ContentInput(content)},
		{"step:" + hash, dag.StepInput(step, "")},
		{"step:" + hash + "/00000001", dag.StepInput(step, "00000001")},
		{"step:" + hash + "/a/b", dag.StepInput(step, "a/b")},
	} {
		var got dag.Input
		if err := got.UnmarshalText([]byte(test.text)); err != nil || got != test.want || got.String() != test.text {
			t.Errorf("UnmarshalText(%s) = %s, %v", test.text, got, err)
		}
		if got.IsSource() != strings.HasPrefix(test.text, "content:") {
			t.Errorf("%s: IsSource() = %v", test.text, got.IsSource())
		}
	}
}

func TestInputTextRefused(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("ab", 32)
	for _, text := range []string{
		"", hash, "file:" + hash, "content:" + hash[1:], "content:" + hash + "/a", "step:" + hash + "/",
		"step:" + hash[1:], "step:" + strings.Repeat("0", 64), "step:" + hash + "/\xff", "Step:" + hash,
	} {
		var in dag.Input
		if err := in.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("UnmarshalText(%q) = %s, want an error", text, in)
		}
	}
}

func FuzzInput(f *testing.F) {
	hash := strings.Repeat("ab", 32)
	for _, seed := range []string{"content:" + hash, "step:" + hash, "step:" + hash + "/00000001", "step:" + hash + "//", "step:", ":"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var in dag.Input
		if in.UnmarshalText([]byte(text)) != nil {
			return
		}
		if in.String() != text {
			t.Errorf("UnmarshalText(%q) reads %s: one input has two spellings", text, in)
		}
		if in.Content.IsZero() == in.Step.IsZero() && in.IsSource() != strings.HasPrefix(text, "content:") {
			t.Errorf("UnmarshalText(%q) = %+v", text, in)
		}
	})
}

func TestPlanAsJSON(t *testing.T) {
	t.Parallel()
	source := dag.HashContent([]byte("a"))
	plan := dag.Plan{
		Name: "film", Inputs: map[string][]dag.ContentHash{"video": {source}}, Params: map[string]any{"length": 20.0},
		Analysis: map[string]dag.ContentHash{},
		Steps:    []dag.Step{{Type: "SEGMENT@1", Config: json.RawMessage(`{"offset":1}`), Inputs: []dag.Input{dag.ContentInput(source)}, Node: "a", Label: "a", Slots: 1, Cost: 0.5}},
		Outputs:  []dag.Output{{Name: "a", Input: dag.StepInput(dag.StepID("A@1", nil, nil, ""), "00000001")}},
	}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	var back dag.Plan
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan, back); diff != "" {
		t.Errorf("a plan changes by way of JSON (-want +got):\n%s", diff)
	}
}

func TestTypeName(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{"SEGMENT@1": "SEGMENT", "SEGMENT": "SEGMENT", "": ""} {
		if got := (dag.Step{Type: typ}).TypeName(); got != want {
			t.Errorf("TypeName of %q = %q, want %q", typ, got, want)
		}
	}
}
