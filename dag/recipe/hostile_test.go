package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// fill returns a text of the largest size that is read.
func fill(head, unit, tail string) string {
	return head + strings.Repeat(unit, (MaxBytes-len(head)-len(tail))/len(unit)) + tail
}

func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestHostileDocuments sends what costs a naive reader minutes, gigabytes or
// its stack. Here each ends with a fault; one that does not end in time fails
// by the time limit of go test.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"open brackets":      fill("", "[", ""),
		"dashes":             fill("", "- ", ""),
		"question marks":     fill("", "? ", ""),
		"keys in keys":       fill("", "a: ", ""),
		"anchors":            fill("", "&a ", ""),
		"tags":               fill("", "!a ", ""),
		"documents":          fill("", "---\n", ""),
		"blank lines":        fill("a: |\n  b", "\n", ""),
		"carriage returns":   fill("a: |\n  b", "\r", ""),
		"comments":           fill("", "#\n", "a: 1"),
		"many keys":          each(100_000, "k%d: 1\n"),
		"many empty items":   strings.Repeat("-\n", 300_000),
		"many empty values":  strings.Repeat("-\n a:\n", 150_000),
		"keys without value": "a: {" + each(100_000, "k%d,") + "}",
		"long list in JSON":  fill("[", "1,", "1]"),
		"deep JSON":          strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"long cycle": `{"outputs":"n0","nodes":[` + each(20_000, `{"id":"n%d","type":"T","inputs":["n0","x"]},`) +
			`{"id":"n20000","type":"T"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse("film.yaml", []byte(text)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestNestingByIndentation(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 70 {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	wantFaults(t, b.String(), "film.yaml:65:66: the recipe is nested more than 64 levels deep")
}
