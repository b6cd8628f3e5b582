package recipe

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	const text = `# head

outputs: [b] # what we keep
nodes: # all of them
  # first
  - type: COMMAND # runs
    # its id
    id: a
    config: {script: "one\n  two\n", yes: "no", n: 1.0, big: 1e21, 'x: y': "it's \"so\""} # config
  - id: b
    # taken
    inputs: [a, # one
      a] # two
    when: true
    type: SEQUENCE
name: 'a: b'
metadata: {}
# tail
`
	const want = `name: "a: b"
metadata: {}
nodes: # all of them
  # first
  # its id
  - id: a
    type: COMMAND # runs
    config:
      script: |
        one
          two
      "yes": "no"
      "n": 1
      big: 1e+21
      "x: y": "it's \"so\"" # config
  # taken
  # one
  # two
  - {id: b, when: true, type: SEQUENCE, inputs: [a, a]}
# head
outputs: [b] # what we keep
# tail
`
	r := mustParse(t, text)
	got, err := Format(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("Format (-want +got):\n%s", diff)
	}
	checkFormat(t, text, r)
}

func TestFormatKeepsHash(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/beatcut.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := mustParse(t, string(text))
	printed, err := Format(r)
	if err != nil {
		t.Fatal(err)
	}
	if again := mustParse(t, string(printed)); again.Hash != r.Hash {
		t.Errorf("formatting changes the hash from %s to %s", r.Hash, again.Hash)
	}
}

func TestFormatNeedsAParsedRecipe(t *testing.T) {
	t.Parallel()
	if text, err := Format(&Recipe{Name: "made by hand"}); err == nil {
		t.Errorf("Format = %s, want an error", text)
	}
}
