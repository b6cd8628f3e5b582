package dag_test

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	allowed := []string{"SEGMENT", "SEQUENCE", "offset", "duration", "fps", "größe"}
	for _, test := range []struct{ got, want string }{
		{"SEGMENTS", "SEGMENT"},
		{"segment", "SEGMENT"},
		{"ofset", "offset"},
		{"offfset", "offset"},
		{"offste", "offset"}, // a swap counts once
		{"fsp", "fps"},
		{"f", ""},
		{"grösse", "größe"},
		{"height", ""},
		{"", ""},
		{"fps", ""}, // an exact name needs no help
		{strings.Repeat("x", 65), ""},
	} {
		want := ""
		if test.want != "" {
			want = " (did you mean " + test.want + "?)"
		}
		if got := dag.Suggest(test.got, allowed); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", test.got, got, want)
		}
	}
}
