package recipe

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wantFaults parses text and compares all faults.
func wantFaults(t *testing.T, text string, want ...string) {
	t.Helper()
	r, err := Parse("film.yaml", []byte(text))
	if err == nil {
		t.Fatalf("Parse(%q) = %+v, want an error", text, r)
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("Parse(%.300q): faults (-want +got):\n%s", text, diff)
	}
}

// good ends a recipe whose beginning a test writes, so that the fault under
// test is the only one.
const good = "nodes: [{id: a, type: T}]\noutputs: [a]\n"

func mustParse(t *testing.T, text string) *Recipe {
	t.Helper()
	r, err := Parse("film.yaml", []byte(text))
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return r
}

func TestTextFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"not UTF-8":            {"name: é\nx: caf\xe9\n", "2:7: byte 0xe9 is not UTF-8; save the file as UTF-8"},
		"empty":                {"", "1:1: the recipe is empty"},
		"only a comment":       {"# film\n", "1:1: the recipe is empty"},
		"a list":               {"\n- a\n", "2:1: a recipe is a map with nodes and outputs"},
		"a JSON text":          {`"film"`, "1:1: a recipe is a map with nodes and outputs"},
		"tab":                  {"name:\n\ta: 1\n", "2:1: the YAML cannot be read: found character '\t' that cannot start any token"},
		"duplicate key":        {"name: a\nversion: b\nname: c\n", "3:1: the key name is there twice; first in line 1"},
		"duplicate in flow":    {"a: {b: 1,\n b: 2}\n", "2:2: the key b is there twice; first in line 1"},
		"duplicate in JSON":    {"{\"a\": 1,\n \"a\": 2}", "2:2: the key a is there twice; first in line 1"},
		"anchor":               {"a: &x 1\n", "1:4: anchors (&) are not allowed in a recipe; put text that starts with & in quotes"},
		"alias":                {"a: *x\n", "1:4: aliases (*) are not allowed in a recipe; put text that starts with * in quotes"},
		"tag":                  {"a: !!str 1\n", "1:4: tags (!) are not allowed in a recipe; put text that starts with ! in quotes"},
		"merge key":            {"a: 1\n<<: {b: 2}\n", "2:1: merge keys (<<) are not allowed in a recipe; write the keys out"},
		"explicit key":         {"? a\n: b\n", "1:1: keys marked with ? are not allowed in a recipe; write key: value"},
		"directive":            {"%YAML 1.2\n---\na: 1\n", "1:1: directives (%) are not allowed in a recipe; put text that starts with % in quotes"},
		"second document":      {"---\na: 1\n---\nb: 2\n", "3:1: a recipe is one document; remove --- and what follows"},
		"text after the end":   {"a: 1\n...\nb: 2\n", "3:1: a recipe is one document; remove what follows its end"},
		"key alone":            {"a: {b, c: 1}\n", "1:5: the key b has no value; write key: value"},
		"expression in flow":   {"a: {offset: ${x}}\n", `1:14: an unquoted ${ starts a map here; put a value with an expression in quotes: "${...}"`},
		"expression in list":   {"a:\n  - [${x}]\n", `2:7: an unquoted ${ starts a map here; put a value with an expression in quotes: "${...}"`},
		"expression after":     {"a: {t: at ${x}}\n", `1:12: an unquoted ${ starts a map here; put a value with an expression in quotes: "${...}"`},
		"expression and #":     {"a: ${filter(x, # > 1)}\n", `1:4: the expression is cut off by # here; put a value with an expression in quotes: "${...}"`},
		"expression and colon": {"a: ${ {b: 1}.b }\n", `1:4: the expression is cut off by a colon here; put a value with an expression in quotes: "${...}"`},
		"large integer":        {"a: 9007199254740992\n", "1:4: the integer 9007199254740992 is beyond 2^53-1; write it as a string, in quotes"},
		"large negative":       {`{"a": [-9007199254740993]}`, "1:8: the integer -9007199254740993 is beyond 2^53-1; write it as a string, in quotes"},
		"infinite":             {"a: 1e400\n", "1:4: the number 1e400 is too large; write it as a string, in quotes"},
		"flow too deep":        {"a: " + strings.Repeat("[", 65), "1:68: the recipe is nested more than 64 levels deep"},
		"JSON too deep":        {`{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}", "1:69: the recipe is nested more than 64 levels deep"},
		"many keys":            {each(MaxKeys+1, "k%d: 1\n"), "2001:6: a map has more than 2000 keys"},
		"blank lines":          {"a: 1\n" + strings.Repeat(" \n", 101), "102:1: more than 100 blank lines in a row"},
		"unclosed quote":       {"a: \"b\n", "1:4: the YAML cannot be read: could not find end character of double-quoted text"},
		"unclosed list":        {"a: [b\n", "1:4: the YAML cannot be read: sequence end token ']' not found"},
		"unlike indentation":   {"a:\n   b: 1\n  c: 2\n", "3:3: the YAML cannot be read: value is not allowed in this context"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFaults(t, test.text, "film.yaml:"+test.want)
		})
	}
	wantFaults(t, fill("a: ", "x", "")+"x", "film.yaml: the recipe has 8388609 bytes; at most 8388608 are read")
}

// TestScalars checks that plain scalars are read as JSON reads them.
func TestScalars(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"1": 1.0, "-1": -1.0, "1.50": 1.5, "1e3": 1000.0, "1E-2": 0.01, "-0": 0.0, "9007199254740991": float64(1<<53 - 1), "1e20": 1e20,
		"true": true, "false": false, "null": nil, "": nil,
		"014": "014", "0x1f": "0x1f", "0o17": "0o17", "1_000": "1_000", "+1": "+1", ".5": ".5", "1.": "1.", ".inf": ".inf", "-.inf": "-.inf", ".nan": ".nan", "NaN": "NaN",
		"True": "True", "yes": "yes", "no": "no", "on": "on", "~": "~", "Null": "Null",
		"2026-01-02": "2026-01-02", "12:30": "12:30", "2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z",
		`"1"`: "1", `'true'`: "true", `"a\u00e9\n"`: "aé\n", "'it''s'": "it's", "a b": "a b", "${a * b}": "${a * b}", "a\n     b": "a b", "|\n     a\n     b": "a\nb\n", ">-\n     a\n     b": "a b",
	} {
		r := mustParse(t, "nodes:\n- id: a\n  type: T\n  config:\n    v: "+text+"\noutputs: [a]\n")
		if got := r.Nodes[0].Config.Fields[0].Value.Scalar; got != want {
			t.Errorf("%q reads as %#v, want %#v", text, got, want)
		}
	}
}

func TestPlacesOfText(t *testing.T) {
	t.Parallel()
	r := mustParse(t, `nodes:
- id: a
  type: T
  config:
    é: plain
    quoted: "a"
    literal: |

      text
    list: [a, 'b']
outputs: [a]
`)
	fields := r.Nodes[0].Config.Fields
	list := fields[3].Value.Items
	for i, got := range []Pos{
		fields[0].Pos, fields[0].Value.Pos, fields[0].Value.Start, fields[1].Value.Pos, fields[1].Value.Start,
		fields[2].Value.Pos, fields[2].Value.Start, list[0].Start, list[1].Pos, list[1].Start,
	} {
		want := []Pos{{5, 5}, {5, 8}, {5, 8}, {6, 13}, {6, 14}, {7, 14}, {9, 7}, {10, 12}, {10, 15}, {10, 16}}[i]
		if got != want {
			t.Errorf("place %d is %v, want %v", i, got, want)
		}
	}
}

func TestExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/beatcut.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := mustParse(t, string(text))
	lowest, highest := 1.0, 600.0
	want := &Recipe{
		File: "film.yaml", Name: "beat cut", Version: "1.0",
		Inputs:   []Input{{Name: "video", Kind: "video"}, {Name: "song", Kind: "audio"}},
		Params:   []Param{{Name: "length", Type: Number, Default: 20.0, Min: &lowest, Max: &highest}},
		Analysis: []Analysis{{Input: "song", Features: []string{"beats"}}, {Input: "video", Features: []string{"probe"}}},
		Nodes: []Node{
			{
				ID: "shots", Type: "SEGMENT", Inputs: Inputs{List: []Reference{{Name: "video"}}},
				ForEach: &ForEach{Expr: &Text{Text: "pairs(snap(filter(analysis.song.beats, # <= params.length), analysis.video.fps))"}},
				Config: Value{Fields: []Field{
					{Key: "offset", Value: Value{Scalar: "${mod(index * 1.5, analysis.video.duration - (item[1] - item[0]))}"}},
					{Key: "duration", Value: Value{Scalar: "${item[1] - item[0]}"}},
				}},
			},
			{ID: "cut", Type: "SEQUENCE", Inputs: Inputs{List: []Reference{{Name: "shots"}}}},
			{
				ID: "film", Type: "MUX", Inputs: Inputs{Named: []NamedInput{{Slot: "video", Refs: []Reference{{Name: "cut"}}}, {Slot: "audio", Refs: []Reference{{Name: "song"}}}}},
				Config: Value{Fields: []Field{{Key: "shortest", Value: Value{Scalar: true}}, {Key: "offset", Value: Value{Scalar: "${analysis.song.beats[0]}"}}}},
			},
			{ID: "delivery", Type: "ENCODE", Inputs: Inputs{List: []Reference{{Name: "film"}}}, Config: Value{Fields: []Field{{Key: "format", Value: Value{Scalar: "h264"}}}}},
		},
		Outputs:  []Reference{{Name: "delivery"}},
		Document: r.Document, Hash: r.Hash,
	}
	if diff := sameModel(r, want, true); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3}, r.Order()); diff != "" {
		t.Errorf("Order (-want +got):\n%s", diff)
	}
}

// TestHashIgnoresWriting checks that one document has one identity, however it
// is written, and that it is the identity of the published vector.
func TestHashIgnoresWriting(t *testing.T) {
	t.Parallel()
	const want = "29caeaddd08a1ea5b7f5ea598433e6f47075aaaf4aeb1b7d061a8f3499eb7c38"
	for name, text := range map[string]string{
		"flow": `{name: two cuts, version: "1.0", inputs: {video: {kind: video}}, outputs: [film], nodes: [
  {id: a, type: SEGMENT, config: {offset: 0, duration: 2}, inputs: [video]},
  {id: b, type: SEGMENT, config: {duration: 2.0, offset: 5e0}, inputs: [video]},
  {id: film, type: SEQUENCE, config: {transition: {type: cut}}, inputs: [a, b]}]}`,
		"block": "# film\nname: two cuts\nversion: '1.0'\ninputs:\n  video:\n    kind: video\nnodes:\n" +
			"- id: a\n  type: SEGMENT\n  config: {offset: -0, duration: 2}\n  inputs: [video]\n" +
			"- id: b # b\n  type: SEGMENT\n  inputs:\n  - video\n  config:\n    duration: 2\n    offset: 5\n" +
			"- id: film\n  type: SEQUENCE\n  config: {transition: {type: cut}}\n  inputs: [a, b]\noutputs:\n- film\n",
		"JSON": "\ufeff{\"name\": \"two cuts\", \"version\": \"1.0\", \"inputs\": {\"video\": {\"kind\": \"video\"}},\r\n\t\"nodes\": [" +
			`{"id": "a", "type": "SEGMENT", "config": {"offset": 0, "duration": 2}, "inputs": ["video"]},
			{"id": "b", "type": "SEGMENT", "config": {"offset": 5, "duration": 2}, "inputs": ["video"]},
			{"id": "\u0066ilm", "type": "SEQUENCE", "config": {"transition": {"type": "cut"}}, "inputs": ["a", "b"]}], "outputs": ["film"]}`,
	} {
		if got := mustParse(t, text).Hash.String(); got != want {
			t.Errorf("%s: hash %s, want %s", name, got, want)
		}
	}
}
