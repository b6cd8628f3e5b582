package expr_test

import (
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/expr"
)

// FuzzTemplate checks that no string does worse than an error, and that every
// value has an identity.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"a ${1} b", "$${x}", "${{a: 1}}", "${'}'}", "${`}`}", "${map(1..3, {# * 2})}", "${params.list[0]}",
		"${sortBy(analysis.song.scenes, .start)[0]?.start ?? 1}", "${if true {1} else {2}}", "${let x = 1; x}",
		"${item | map(# + 1) | sum()}", "${frames('1-9x2,4', 2)}", "${analysis.song.beats[1:][0] ^ 2}", "${-1 % 3}",
		"${any([1], {let a = #; a > 0})}", "${[1, [2]] == [1, [2]] and not ('a' in {a: 1})}", "${#}", "${1 /* } */}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := expr.ParseTemplate(text, environment())
		if err != nil {
			return
		}
		first, err := template.Eval(scope())
		if err != nil {
			return
		}
		a, err := dag.Canonical(first)
		if err != nil {
			t.Fatalf("%q gives %v: %v", text, first, err)
		}
		second, err := template.Eval(scope())
		if err != nil {
			t.Fatalf("%q failed the second time: %v", text, err)
		}
		if b, err := dag.Canonical(second); err != nil || string(a) != string(b) {
			t.Errorf("%q gave %s, then %s, %v", text, a, b, err)
		}
	})
}
