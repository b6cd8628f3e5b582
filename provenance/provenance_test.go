package provenance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gowebpki/jcs"

	"github.com/artdag/artdag/dag"
)

func newKey(t testing.TB) Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func content(name string) dag.ContentHash { return dag.HashContent([]byte(name)) }

// film is a record with every field set, and empty ones beside them.
func film() Record {
	began := time.Date(2026, 11, 22, 10, 30, 0, 123456789, time.FixedZone("CET", 3600))
	return Record{
		Job: "01JDA8Q2V5X3", RunID: dag.RunID(content("run")), PlanID: dag.PlanID(content("plan")),
		Recipe: dag.RecipeHash(content("recipe")), Name: "Stadt & Fluß <1>", Realm: "studio",
		Params: map[string]any{
			"title": "a \"b\"\n\u2028é𝄞", "fps": 29.97, "tiny": 1e-9, "count": float64(3), "on": true, "none": nil,
			"list": []any{"x", float64(1), map[string]any{"k": "v"}},
		},
		Inputs: map[string][]dag.ContentHash{"shots": {content("b"), content("a")}, "sound": {content("s")}, "still": {}},
		Steps: []Step{
			{
				CacheID: dag.CacheID(content("c1")), ResolvedID: dag.CacheID(content("r1")), Type: "SEGMENT@1", Label: "cut[3] \"é\\\"\t\u2028𝄞",
				Content: content("cut"), Toolchain: "ffmpeg 5.1.9 amd64", Worker: "worker-1", Started: began, Finished: began.Add(time.Second),
			},
			{CacheID: dag.CacheID(content("c2")), Type: "ENCODE@2", Content: content("film"), Cached: true},
		},
		Outputs: []Output{{Name: "film", Content: content("film"), CID: "bafkreifilm"}, {Name: "a still", Content: content("still")}},
		Started: began, Finished: began.Add(time.Minute), Farm: "https://farm.example",
	}
}

var sameRecord = cmp.Options{cmpopts.EquateEmpty()}

func mustSign(t testing.TB, key Key, r Record) []byte {
	t.Helper()
	document, err := Sign(t.Context(), key, r)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestARecordComesBack(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	least := film()
	least = Record{Job: least.Job, RunID: least.RunID, Recipe: least.Recipe, Outputs: least.Outputs[:1], Farm: "urn:artdag:studio"}
	for name, want := range map[string]Record{"film": film(), "least": least} {
		document := mustSign(t, key, want)
		got, id, err := Verify(t.Context(), document, other.Public(), key.Public())
		if err != nil || id != key.ID() {
			t.Fatalf("%s: key %q, %v", name, id, err)
		}
		if diff := cmp.Diff(want, got, sameRecord); diff != "" {
			t.Errorf("%s: -signed +read\n%s", name, diff)
		}
		if again := mustSign(t, key, got); string(again) != string(document) {
			t.Errorf("%s: signed twice, it differs:\n%s\n%s", name, document, again)
		}
	}
}

// The names are those of the specifications, which other programs look for.
func TestTheStatementIsAsSpecified(t *testing.T) {
	t.Parallel()
	payload, err := encode(film())
	if err != nil {
		t.Fatal(err)
	}
	if canonical, err := jcs.Transform(payload); err != nil || string(canonical) != string(payload) {
		t.Errorf("not as RFC 8785 has it, %v:\n%s\n%s", err, payload, canonical)
	}
	var s map[string]any
	if err := json.Unmarshal(payload, &s); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
		"subject.0.name": "film", "subject.0.digest.sha3_256": content("film").String(), "subject.0.annotations.cid": "bafkreifilm",
		"predicate.buildDefinition.buildType":                              buildType,
		"predicate.buildDefinition.externalParameters.params.fps":          29.97,
		"predicate.buildDefinition.externalParameters.inputs.shots.1":      content("a").String(),
		"predicate.buildDefinition.internalParameters.realm":               "studio",
		"predicate.buildDefinition.resolvedDependencies.0.name":            "recipe",
		"predicate.buildDefinition.resolvedDependencies.0.digest.sha3_256": content("recipe").String(),
		"predicate.buildDefinition.resolvedDependencies.2.name":            "inputs/shots/1",
		"predicate.runDetails.builder.id":                                  "https://farm.example",
		"predicate.runDetails.metadata.invocationId":                       "01JDA8Q2V5X3",
		"predicate.runDetails.metadata.startedOn":                          "2026-11-22T09:30:00.123456789Z",
		"predicate.runDetails.artdag_steps.0.type":                         "SEGMENT@1",
		"predicate.runDetails.artdag_steps.1.cached":                       true,
		"predicate.runDetails.artdag_steps.1.resolvedId":                   nil,
	} {
		if got := at(s, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

// at follows a path of keys and numbers.
func at(v any, path string) any {
	for _, key := range strings.Split(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		}
	}
	return v
}

func TestAnIncompleteRecordIsNotSigned(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for want, spoil := range map[string]func(*Record){
		"no job":                         func(r *Record) { r.Job = "" },
		"no run_id":                      func(r *Record) { r.RunID = dag.RunID{} },
		"no recipe":                      func(r *Record) { r.Recipe = dag.RecipeHash{} },
		"no outputs":                     func(r *Record) { r.Outputs = nil },
		"is no URI":                      func(r *Record) { r.Farm = "studio" },
		"two outputs are named \"film\"": func(r *Record) { r.Outputs[1].Name = "film" },
		"output 1":                       func(r *Record) { r.Outputs[1].Content = dag.ContentHash{} },
		"step 1":                         func(r *Record) { r.Steps[1].Content = dag.ContentHash{} },
		"file 0 of the input \"sound\"":  func(r *Record) { r.Inputs["sound"][0] = dag.ContentHash{} },
		"year 12026":                     func(r *Record) { r.Steps[0].Finished = r.Started.AddDate(10000, 0, 0) },
		"step 0: worker":                 func(r *Record) { r.Steps[0].Worker = "\xff" },
		"UTF-8":                          func(r *Record) { r.Name = "\xff" },
		"beyond 2^53-1":                  func(r *Record) { r.Params["seed"] = 1 << 60 },
	} {
		r := film()
		spoil(&r)
		if _, err := Sign(t.Context(), key, r); !errors.Is(err, ErrRecord) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrRecord and %q", err, want)
		}
	}
	if _, err := Sign(t.Context(), Key{}, film()); !errors.Is(err, ErrKey) {
		t.Errorf("the zero key: got %v", err)
	}
}

func TestCancelledCallsEnd(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	document := mustSign(t, key, film())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Sign(ctx, key, film()); !errors.Is(err, context.Canceled) {
		t.Errorf("Sign: %v", err)
	}
	if _, _, err := Verify(ctx, document, key.Public()); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify: %v", err)
	}
}

// long is a record of n steps.
func long(n int) Record {
	r := film()
	step := r.Steps[0]
	r.Steps = make([]Step, n)
	for i := range r.Steps {
		name := fmt.Sprint(i)
		r.Steps[i] = step
		r.Steps[i].CacheID, r.Steps[i].Content, r.Steps[i].Label = dag.CacheID(content(name)), content("of "+name), "frame["+name+"]"
	}
	return r
}

func TestAHundredThousandStepsComeBack(t *testing.T) {
	t.Parallel()
	key, want := newKey(t), long(100_000)
	got, _, err := Verify(t.Context(), mustSign(t, key, want), key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range want.Steps {
		if !step.Started.Equal(got.Steps[i].Started) || step.CacheID != got.Steps[i].CacheID || step.Label != got.Steps[i].Label {
			t.Fatalf("step %d: got %+v, want %+v", i, got.Steps[i], step)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	key, r := newKey(b), long(100_000)
	for b.Loop() {
		b.SetBytes(int64(len(mustSign(b, key, r))))
	}
}

func BenchmarkVerify(b *testing.B) {
	key := newKey(b)
	document := mustSign(b, key, long(100_000))
	b.SetBytes(int64(len(document)))
	for b.Loop() {
		if _, _, err := Verify(b.Context(), document, key.Public()); err != nil {
			b.Fatal(err)
		}
	}
}
