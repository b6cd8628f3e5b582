package dag_test

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gowebpki/jcs"

	"github.com/artdag/artdag/dag"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		in   any
		want string
	}{
		{"nil", nil, `null`},
		{"true", true, `true`},
		{"one and one point zero", []any{1, 1.0, int64(1)}, `[1,1,1]`},
		{"negative zero", math.Copysign(0, -1), `0`},
		{"largest integer", 1<<53 - 1, `9007199254740991`},
		{"tenth", 0.1, `0.1`},
		{"above the exponent limit", 1e-6, `0.000001`},
		{"below the exponent limit", 1e-7, `1e-7`},
		{"large without exponent", 1e20, `100000000000000000000`},
		{"large with exponent", 1e21, `1e+21`},
		{"largest", math.MaxFloat64, `1.7976931348623157e+308`},
		{"smallest", math.SmallestNonzeroFloat64, `5e-324`},
		{"escapes", "\"\\\b\t\n\f\r\x00\x1f\x7f", `"\"\\\b\t\n\f\r\u0000\u001f` + "\x7f" + `"`},
		{"verbatim", "é<&>\u2028😀", "\"é<&>\u2028😀\""},
		{"keys by UTF-16", map[string]any{"😀": 1, "\ufb33": 2, "a": 3}, `{"a":3,"😀":1,"` + "\ufb33" + `":2}`},
		{"raw", map[string]any{"a": json.RawMessage(`[1]`)}, `{"a":[1]}`},
		{"empty", []any{map[string]any{}, []any{}}, `[{},[]]`},
	} {
		got, err := dag.Canonical(test.in)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: Canonical(%v) = %s, %v; want %s", test.name, test.in, got, err, test.want)
		}
	}
}

func TestCanonicalNamesThePlaceOfAFault(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   any
		want string
	}{
		{math.NaN(), "canonical JSON: NaN is not a JSON number"},
		{map[string]any{"a": []any{1, math.Inf(1)}}, "canonical JSON: a[1]: +Inf is not a JSON number"},
		{map[string]any{"a": map[string]any{"b": "\xff"}}, "canonical JSON: a.b: invalid UTF-8 in a string"},
		{[]any{map[string]any{"\xff": 1}}, "canonical JSON: [0]: invalid UTF-8 in a key"},
		{map[string]any{"n": 1 << 53}, "canonical JSON: n: the integer 9007199254740992 is beyond 2^53-1; write it as a string"},
		{map[string]any{"n": -(1 << 53)}, "canonical JSON: n: the integer -9007199254740992 is beyond 2^53-1; write it as a string"},
		{map[string]any{"n": struct{}{}}, "canonical JSON: n: a struct {} has no canonical form"},
	} {
		if got, err := dag.Canonical(test.in); err == nil || err.Error() != test.want {
			t.Errorf("Canonical(%v) = %s, %v; want error %s", test.in, got, err, test.want)
		}
	}
}

// FuzzCanonical compares with another implementation of RFC 8785, on documents
// as an artist or an attacker writes them.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{
		`{"b":[1,2.50,1e-7,-0],"a":{"é":"\u2028\ud83d\ude00","":null}}`,
		`[1e20,1e21,123456789012345680000,0.1,5e-324,9007199254740991,-1.5e300]`,
		`{"\ufb33":1,"😀":2,"a":3,"aa":4,"A":5}`,
		`"\u0000\b\t\n\u000b\f\r\"\\\/\u007f"`,
		`[[],{},[[]],true,false,null]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
		ours, err := dag.Canonical(v)
		if err != nil {
			t.Fatalf("Canonical(%q): %v", text, err)
		}
		// encoding/json replaces what is not Unicode, and takes the last of
		// several keys, where jcs refuses: both start from the same value.
		plain, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := jcs.Transform(asDocument(plain))
		if err != nil {
			t.Fatalf("jcs.Transform(%q): %v", plain, err)
		}
		if string(asDocument(ours)) != string(theirs) {
			t.Errorf("Canonical(%q)\n got %s\nwant %s", text, asDocument(ours), theirs)
		}
	})
}

// asDocument puts a value in a list, because jcs reads only lists and maps.
func asDocument(text []byte) []byte { return []byte("[" + string(text) + "]") }

func FuzzCanonicalNumber(f *testing.F) {
	for _, seed := range []float64{0, 1, -1, 0.1, 1e-6, 9.999e-7, 1e-7, 1.5e-10, 1e15, 1e15 + 0.5, 1e20, 1e21, 1e100, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(-1)} {
		f.Add(math.Float64bits(seed))
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		v := math.Float64frombits(bits)
		got, gotErr := dag.Canonical(v)
		want, wantErr := jcs.NumberToJSON(v)
		if wantErr != nil {
			want = ""
		}
		if string(got) != want || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("Canonical(%v) = %s, %v; want %s, %v", v, got, gotErr, want, wantErr)
		}
	})
}

// FuzzCanonicalString checks that any string is either refused as not UTF-8 or
// read back by encoding/json as it was.
func FuzzCanonicalString(f *testing.F) {
	for _, seed := range []string{"", "abc", "\xff", "a\x00b", "\ud7ff\ue000", "é\\\"", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := dag.Canonical(map[string]any{s: s})
		if (err == nil) != utf8.ValidString(s) {
			t.Fatalf("Canonical(%q): %v", s, err)
		}
		if err != nil {
			return
		}
		var back map[string]string
		if err := json.Unmarshal(text, &back); err != nil || len(back) != 1 || back[s] != s {
			t.Errorf("Canonical(%q) = %s, reads back as %q, %v", s, text, back, err)
		}
	})
}

func TestCanonicalKeepsTheCause(t *testing.T) {
	t.Parallel()
	_, err := dag.Canonical(map[string]any{"a": math.NaN()})
	if errors.Unwrap(err) == nil {
		t.Errorf("Canonical: %v wraps nothing", err)
	}
}

// typicalConfig is what a SEQUENCE of a fan-out is hashed with.
func typicalConfig() map[string]any {
	return map[string]any{
		"transition":  map[string]any{"type": "crossfade", "duration": 0.5},
		"target_size": "first", "background": "black", "offset": 12.483333333333333,
		"precise": true, "width": 1280, "label": "a title with \"quotes\" and é",
		"slots": []any{"video", "audio"},
	}
}

func BenchmarkCanonical(b *testing.B) {
	config := typicalConfig()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dag.Canonical(config); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonicalWide(b *testing.B) {
	wide := map[string]any{}
	for i := range 10_000 {
		wide["key"+strconv.Itoa(i)] = strings.Repeat("x", 20)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dag.Canonical(wide); err != nil {
			b.Fatal(err)
		}
	}
}
