package dag

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Canonical returns the RFC 8785 (JSON Canonicalization Scheme) form of v,
// which is built of map[string]any, []any, string, bool, float64, int, int64,
// nil and json.RawMessage (already canonical). NaN, infinities, integers
// beyond 2^53-1 and invalid UTF-8 are errors that name their place.
//
// It agrees with gowebpki/jcs on every document (a fuzz test compares them)
// and is written here because a plan hashes a hundred thousand configs.
func Canonical(v any) ([]byte, error) {
	b, err := appendValue(make([]byte, 0, 256), v)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return b, nil
}

// maxInteger is the largest integer that an IEEE double holds with all smaller
// ones: 2^53-1.
const maxInteger = 1<<53 - 1

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, faultf("invalid UTF-8 in a string")
		}
		return appendString(b, v), nil
	case float64:
		return appendNumber(b, v)
	case int:
		return appendInteger(b, int64(v))
	case int64:
		return appendInteger(b, v)
	case json.RawMessage:
		return append(b, v...), nil
	case []any:
		return appendList(b, v)
	case map[string]any:
		return appendObject(b, v)
	}
	return nil, faultf("a %T has no canonical form", v)
}

func appendInteger(b []byte, v int64) ([]byte, error) {
	if v > maxInteger || v < -maxInteger {
		return nil, faultf("the integer %d is beyond 2^53-1; write it as a string", v)
	}
	return strconv.AppendInt(b, v, 10), nil
}

// appendNumber writes a double as ECMAScript does, which RFC 8785 section
// 3.2.2.3 prescribes: the shortest digits that read back as v, with an exponent
// below 1e-6 and from 1e21.
func appendNumber(b []byte, v float64) ([]byte, error) {
	size := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return nil, faultf("%v is not a JSON number", v)
	case size < 1e15 && v == math.Trunc(v):
		return strconv.AppendInt(b, int64(v), 10), nil // -0 too becomes 0
	case size >= 1e-6 && size < 1e21:
		return strconv.AppendFloat(b, v, 'f', -1, 64), nil
	}
	b = strconv.AppendFloat(b, v, 'e', -1, 64)
	// Go writes e-07 where ECMAScript writes e-7.
	if n := len(b); b[n-4] == 'e' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b, nil
}

func appendList(b []byte, list []any) ([]byte, error) {
	b = append(b, '[')
	var err error
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendValue(b, item); err != nil {
			return nil, within(err, fmt.Sprintf("[%d]", i))
		}
	}
	return append(b, ']'), nil
}

func appendObject(b []byte, object map[string]any) ([]byte, error) {
	var space [16]string // most configs have fewer keys and need no allocation
	keys := space[:0]
	for key := range object {
		if !utf8.ValidString(key) {
			return nil, faultf("invalid UTF-8 in a key")
		}
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareUTF16)
	b = append(b, '{')
	var err error
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		if b, err = appendValue(b, object[key]); err != nil {
			return nil, within(err, "."+key)
		}
	}
	return append(b, '}'), nil
}

const hexDigits = "0123456789abcdef"

// appendString escapes as RFC 8785 section 3.2.2.2 says: the two-character
// forms where JSON has one, \u00xx for other controls, all else verbatim.
func appendString(b []byte, s string) []byte {
	return append(appendEscaped(append(b, '"'), s), '"')
}

func appendEscaped(b []byte, s string) []byte {
	copied := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[copied:i]...)
		copied = i + 1
		if at := strings.IndexByte("\"\\\b\t\n\f\r", c); at >= 0 {
			b = append(b, '\\', `"\btnfr`[at])
		} else {
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(b, s[copied:]...)
}

// compareUTF16 orders by UTF-16 code unit, RFC 8785 section 3.2.3. It differs
// from the order of bytes only beyond U+FFFF.
func compareUTF16(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return strings.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func sortedList(items []string) []any {
	sorted := slices.Compact(slices.Sorted(slices.Values(items)))
	out := make([]any, len(sorted))
	for i, item := range sorted {
		out[i] = item
	}
	return out
}

// placeError is what is wrong with a value, and where. Its place grows on the
// way out, so that a document without faults costs no paths.
type placeError struct{ place, message string }

func (e *placeError) Error() string {
	if e.place == "" {
		return e.message
	}
	return strings.TrimPrefix(e.place, ".") + ": " + e.message
}

func faultf(format string, args ...any) error {
	return &placeError{message: fmt.Sprintf(format, args...)}
}

func within(err error, outer string) error {
	if fault, ok := err.(*placeError); ok {
		fault.place = outer + fault.place
	}
	return err
}
