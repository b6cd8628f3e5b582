package recipe

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sameModel compares recipes without places, which formatting moves.
func sameModel(got, want *Recipe, native bool) string {
	options := cmp.Options{
		cmpopts.IgnoreUnexported(Recipe{}), cmpopts.IgnoreTypes(Pos{}), cmpopts.EquateEmpty(),
	}
	if !native {
		options = append(options, cmpopts.IgnoreFields(Recipe{}, "Document", "Hash"))
	}
	return cmp.Diff(want, got, options...)
}

// FuzzParse feeds documents that people and attackers write. Whatever is read
// must survive being printed.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"testdata/beatcut.yaml", "testdata/original.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, seed := range []string{
		"", "a", "{}", "[]", "- a", "\ufeffnodes:", "a: &x 1\nb: *x", "<<: {}", "!!str a", "--- \n...\n---",
		"a: ${b}", "a: {b: ${c}}", "? a\n: b", "a: |\n  b\n\n   c\n", "a: >-\n\n b\n c\n", "a:\n\tb: 1", "%YAML 1.2\n---\na: 1",
		`{"nodes":[{"id":"a","type":"T","config":{"n":1e3,"s":"\u0000\ud83d\ude00"}}],"outputs":"a"}`,
		"nodes: [{id: a, type: T, config: {t: \"a\\nb\\n\", u: 'it''s', v: [~, null, 014, -0, 1e400]}}] # c\noutputs: [a]",
		"nodes:\n- id: a\n  type: T\n  config:\n    text: |\n      one\n\n        two\n    list:\n    - [a, b]\n    - {c: d}\n# end\noutputs:\n- a\n",
		strings.Repeat("[", 100), strings.Repeat("- ", 100), strings.Repeat("a:\n ", 50), strings.Repeat("\"", 9),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse("fuzz.yaml", []byte(text))
		if err != nil {
			if faults, ok := err.(Faults); !ok || len(faults) == 0 || faults.Error() == "" {
				t.Fatalf("Parse(%q): %#v is not Faults", text, err)
			}
			return
		}
		checkFormat(t, text, r)
	})
}

func checkFormat(t *testing.T, text string, r *Recipe) {
	t.Helper()
	printed, err := Format(r)
	if err != nil {
		t.Fatalf("Format(%q): %v", text, err)
	}
	again, err := Parse(r.File, printed)
	if err != nil {
		t.Fatalf("%q is printed as\n%s\nwhich does not parse: %v", text, printed, err)
	}
	_, original := r.Document["dag"]
	_, registry := r.Document["registry"]
	if diff := sameModel(again, r, !original && !registry && !hasSource(r)); diff != "" {
		t.Errorf("%q is printed as\n%s\nwhich differs (-want +got):\n%s", text, printed, diff)
	}
	twice, err := Format(again)
	if err != nil || string(twice) != string(printed) {
		t.Errorf("%q is printed as\n%s\nand that as\n%s%v", text, printed, twice, err)
	}
}

func hasSource(r *Recipe) bool {
	nodes, _ := r.Document["nodes"].([]any)
	return len(nodes) != len(r.Nodes)
}

// FuzzFormat puts any text where YAML might misread it: as a key and a value,
// in flow and in block style.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "two  blanks", " a", "a ", "null", "Yes", "~", "014", "1e3", "-", "- a", "? a", "a: b", "a:", ":a", "a #b", "#a",
		"it's", `say "x"`, `it's "x" \`, "<<", "*a", "&a", "!a", "%a", "@a", "`a", "{", "}", "[", "]", ",", "|", ">", "${a}", "$${a}", "${\"a\"}",
		"a\nb", "a\nb\n", "a\n\nb", "\na\n", "a\n b\n", "a \nb", "a\n\n", "a\tb\nc", "\ta\nb", "a\r\nb", "a\u0085b\u2028\u2029\ufeff", "é😀\U000e0001", "\x00\x1b\x7f",
		"---\na", "a\n---\nb", "a\n...\nb", "# a\n# b", "=", "2026-01-02", "1:30", "0x1f", ".inf", strings.Repeat("long ", 40), strings.Repeat("l", 200) + "\nb",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		config := map[string]any{
			key: value, "k": key, "list": []any{value, []any{value, map[string]any{key: value}}, map[string]any{key: value}},
			"map": map[string]any{key: map[string]any{key: []any{value}}},
		}
		text, err := json.Marshal(map[string]any{
			"description": value, "outputs": "a", "metadata": map[string]any{key: value},
			"nodes": []any{map[string]any{"id": "a", "type": "T", "config": config, "when": value, "for_each": key}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Parse("fuzz.json", text)
		if err != nil {
			t.Fatalf("Parse(%s): %v", text, err)
		}
		checkFormat(t, string(text), r)
	})
}
