package recipe

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStructureFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":          {"{}", []string{"1:1: the recipe has no nodes; add nodes: [{id: cut, type: SEGMENT, inputs: [clip]}]", "1:1: the recipe has no outputs; name the nodes to keep: outputs: [film]"}},
		"unknown key":      {good + "outputz: 1\n", []string{"3:1: the recipe has no key outputz (did you mean outputs?); the keys are name, version, description, owner, metadata, inputs, params, analysis, nodes, outputs"}},
		"name":             {good + "name: 2024\n", []string{`3:7: name: want text, got a number; put it in quotes`}},
		"nodes a map":      {"nodes: {a: 1}\noutputs: [b]\n", []string{"1:8: nodes: want a list of nodes such as {id: cut, type: SEGMENT, inputs: [clip]}, got a map", "2:11: outputs: there is no node b"}},
		"node a text":      {"nodes: [a, {id: b, type: T}]\noutputs: b\n", []string{`1:9: nodes: want a map such as {id: cut, type: SEGMENT, inputs: [clip]}, got the text "a"`}},
		"node keys":        {"nodes: [{id: a, typ: T}]\noutputs: a\n", []string{"1:14: node a needs a type", "1:17: node a has no key typ (did you mean type?); the keys are id, type, config, inputs, for_each, when"}},
		"node names":       {"nodes: [{id: 1a, type: T}, {type: T}, {id: 'a b', type: T}, {id: 7, type: T}]\noutputs: [1a]\n", []string{`1:14: node "1a": a name starts with a letter and goes on with letters, digits, _ and -`, "1:28: node needs a name", `1:45: node "a b": a name starts with a letter and goes on with letters, digits, _ and -`, "1:66: id: want text, got a number; put it in quotes"}},
		"node twice":       {"nodes:\n- {id: a, type: T}\n- {id: a, type: T}\noutputs: a\n", []string{"3:8: node a is there twice; first in line 2"}},
		"clash":            {"inputs: {a: {kind: video}}\n" + good, []string{"2:14: node a has the name of the input in line 1; inputs and nodes share one set of names", "3:11: outputs: a is an input; only nodes are outputs"}},
		"config":           {"nodes: [{id: a, type: T, config: [1]}]\noutputs: a\n", []string{"1:34: node a: config: want a map, got a list"}},
		"inputs":           {"nodes: [{id: a, type: T, inputs: 3}]\noutputs: a\n", []string{"1:34: node a: inputs: want a list of names, got a number"}},
		"inputs items":     {"nodes: [{id: a, type: T, inputs: [[a], 1]}]\noutputs: a\n", []string{"1:35: node a: inputs: want a name, got a list", "1:40: node a: inputs: want a name, got a number"}},
		"empty slot":       {"nodes: [{id: a, type: T, inputs: {video: []}}]\noutputs: a\n", []string{"1:42: node a: inputs: video: the list is empty"}},
		"unknown input":    {"inputs: {video: {kind: video}}\nnodes: [{id: a, type: T, inputs: [vidoe]}]\noutputs: a\n", []string{"2:35: node a takes vidoe, which is neither an input nor a node (did you mean video?)"}},
		"unknown output":   {"nodes: [{id: film, type: T}]\noutputs: [filn, film, film]\n", []string{"2:11: outputs: there is no node filn (did you mean film?)", "2:23: outputs: film is there twice"}},
		"empty outputs":    {"nodes: [{id: a, type: T}]\noutputs: []\n", []string{"2:10: outputs: the list is empty; name the nodes to keep: outputs: [film]"}},
		"itself":           {"nodes: [{id: a, type: T, inputs: [a]}]\noutputs: a\n", []string{"1:35: node a takes itself as input"}},
		"cycle":            {"nodes:\n- {id: a, type: T, inputs: {x: c}}\n- {id: b, type: T, inputs: a}\n- {id: c, type: T, for_each: {each: b}}\noutputs: c\n", []string{"3:28: the nodes form a cycle: a -> c -> b -> a"}},
		"input kind":       {"inputs: {v: {kind: vidio}, w: {}, x: 1}\n" + good, []string{"1:20: input v: there is no kind vidio (did you mean video?); the kinds are video, audio, image, images, blend, data", "1:28: input w needs a kind: video, audio, image, images, blend, data", "1:38: input x: want a map such as {kind: video}, got a number"}},
		"input keys":       {"inputs: {v: {kind: video, many: yes, optinal: true}}\n" + good, []string{`1:33: input v: many: want true or false, got the text "yes"`, "1:38: input v has no key optinal (did you mean optional?); the keys are kind, many, optional, description, asset"}},
		"input asset":      {"inputs: {v: {kind: video, many: true, asset: {hash: ab}}, w: {kind: data, asset: {}}}\n" + good, []string{"1:10: input v: an asset is one file that is always there; remove many and optional", `1:53: input v: asset: identity "ab": want 64 hex digits, got 2 characters`, "1:82: input w: asset: needs a hash, a cid or a path"}},
		"analysis":         {"inputs: {song: {kind: audio}}\nanalysis: {sogn: [beats], song: [beats, beats], a: []}\n" + good, []string{"2:12: analysis: there is no input sogn (did you mean song?)", "2:41: analysis of song: the feature beats is there twice", "2:49: analysis: there is no input a", "2:52: analysis of a: the list of features is empty"}},
		"for_each list":    {"nodes: [{id: a, type: T, for_each: [1]}]\noutputs: a\n", []string{`1:36: node a: for_each: want an expression, got a list; put it in quotes: "[1, 2, 3]"`}},
		"for_each two":     {"nodes: [{id: a, type: T, for_each: {each: b, zip: [b, b]}}]\noutputs: a\n", []string{"1:36: node a: for_each: want an expression in quotes, {each: NODE}, {zip: [NODES]} or {cross: [NODES]}"}},
		"for_each key":     {"nodes: [{id: a, type: T, for_each: {eech: b}}]\noutputs: a\n", []string{"1:37: node a: for_each has no key eech (did you mean each?); the keys are each, zip, cross"}},
		"for_each zip one": {"nodes: [{id: b, type: T}, {id: a, type: T, for_each: {zip: [b]}}]\noutputs: a\n", []string{"1:60: node a: for_each: zip: want at least two nodes"}},
		"for_each input":   {"inputs: {v: {kind: video}}\nnodes: [{id: a, type: T, for_each: {each: v}}]\noutputs: a\n", []string{"2:43: node a: for_each: v is an input; only nodes have steps to go over"}},
		"for_each unknown": {"nodes: [{id: b, type: T}, {id: a, type: T, for_each: {cross: [b, c]}}]\noutputs: a\n", []string{"1:66: node a takes c, which is neither an input nor a node (did you mean b?)"}},
		"when":             {"nodes: [{id: a, type: T, when: 1}]\noutputs: a\n", []string{"1:32: node a: when: want an expression in quotes, got a number"}},
		"item alone":       {"nodes: [{id: a, type: T, inputs: [$item]}]\noutputs: a\n", []string{"1:35: node a: $item needs for_each: {each: NODE}, {zip: [NODES]} or {cross: [NODES]}"}},
		"item of values":   {"nodes: [{id: a, type: T, for_each: '[1]', inputs: [$item]}]\noutputs: a\n", []string{"1:52: node a: the elements of this for_each are values, not steps; use ${item} in config"}},
		"item form":        {"nodes: [{id: b, type: T}, {id: a, type: T, for_each: {zip: [b, b]}, inputs: [$itm, '$item[1]', '$item[2]']}]\noutputs: a\n", []string{`1:78: node a: "$itm": the element of a fan-out is $item, or $item[0] with zip and cross`, "1:97: node a: $item[2] is beyond the 2 nodes of its for_each; they count from 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := make([]string, len(test.want))
			for i, fault := range test.want {
				want[i] = "film.yaml:" + fault
			}
			wantFaults(t, test.text, want...)
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	r := mustParse(t, `inputs:
  used: {kind: video}
  lost: {kind: video}
  song: {kind: audio}
  asked: {kind: data, optional: true}
analysis: {song: [beats]}
nodes:
- {id: a, type: T, inputs: [used], when: 'inputs["asked"].kind == "data"'}
- {id: b, type: T, inputs: [c]}
- {id: c, type: T, inputs: [a]}
outputs: [a]
`)
	want := "film.yaml:3:3: input lost is not used\nfilm.yaml:9:8: node b is not used by any output\nfilm.yaml:10:8: node c is not used by any output"
	if diff := cmp.Diff(want, r.Warnings.Error()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 2, 1}, r.Order()); diff != "" {
		t.Errorf("Order (-want +got):\n%s", diff)
	}
}

func TestNameDefaultsToFile(t *testing.T) {
	t.Parallel()
	r := mustParse(t, good)
	if r.Name != "film" || r.Version != "" {
		t.Errorf("name %q, version %q; want film and none", r.Name, r.Version)
	}
	if r := mustParse(t, good+"version: 1.50\n"); r.Version != "1.5" {
		t.Errorf("version %q, want 1.5", r.Version)
	}
}

func TestOriginalForm(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/original.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := mustParse(t, string(text))
	printed, err := Format(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `# A recipe of the original system.
name: cat beside a song
version: "1.0"
owner: "@somebody"
inputs:
  # the picture
  cat:
    kind: data
    asset: {hash: "33268b6e167deaf018cc538de12dbe562612b33e89a749391cef855b320a269b"}
  song: {kind: audio, description: the song}
nodes:
  - {id: still, type: EFFECT, config: {effect: identity}, inputs: [cat]} # kept as it is
  - {id: film, type: MUX, inputs: {video: still, audio: song}}
  - {id: delivery, type: ENCODE, config: {format: h264}, inputs: film}
outputs: delivery
`
	if diff := cmp.Diff(want, string(printed)); diff != "" {
		t.Errorf("Format (-want +got):\n%s", diff)
	}
	if r.Inputs[0].Asset == nil || !strings.HasPrefix(r.Inputs[0].Asset.Hash, "33268b6e") || r.Inputs[0].Pos != (Pos{14, 7}) {
		t.Errorf("input cat: %+v", r.Inputs[0])
	}
	if _, ok := r.Document["dag"]; !ok {
		t.Error("the document is not as it was written")
	}
}

func TestOriginalFaults(t *testing.T) {
	t.Parallel()
	wantFaults(t, `registry: {assets: {cat: {url: "http://x"}, dog: {cid: bafy}}}
dag:
  nodes:
  - {id: a, type: SOURCE, config: {asset: cta}}
  - {id: b, type: SOURCE, config: {asset: cat}}
  - {id: c, type: SOURCE}
  - {id: d, type: SOURCE, input: true, colour: red}
  - {id: d, type: SOURCE, asset: dog}
  - {id: e, type: T, inputs: [a, b, c, d]}
  output: e
inputs: {}
`,
		"film.yaml:1:21: input b: asset: needs a hash, a cid or a path",
		"film.yaml:4:43: SOURCE a: registry.assets has no cta (did you mean cat?)",
		"film.yaml:6:5: SOURCE c: needs input: true, or asset: the name of one of registry.assets",
		"film.yaml:7:40: SOURCE d has no key colour; the keys are input, asset, kind, name, many, optional, description",
		"film.yaml:8:5: input d is there twice; first in line 7",
		"film.yaml:11:1: a recipe with dag has no key inputs; the keys are name, version, description, owner, metadata, registry, params, analysis, dag",
	)
}
