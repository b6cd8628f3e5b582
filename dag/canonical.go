package dag

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// Canonical returns the RFC 8785 (JSON Canonicalization Scheme) form of v,
// which is built of map[string]any, []any, string, bool, float64, int, int64,
// nil and json.RawMessage (already canonical). NaN, infinities, integers
// beyond 2^53-1 and invalid UTF-8 are errors that name their place.
//
// It agrees with gowebpki/jcs on every document (a fuzz test compares them)
// and is written here because a plan hashes a hundred thousand configs.
func Canonical(v any) ([]byte, error) { return appendValue(nil, v, nil) }

// maxInteger is the largest integer that an IEEE double holds with all smaller
// ones: 2^53-1.
const maxInteger = 1<<53 - 1

func appendValue(b []byte, v any, path []string) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		if v {
			return append(b, "true"...), nil
		}
		return append(b, "false"...), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, placed(path, "invalid UTF-8 in a string")
		}
		return appendString(b, v), nil
	case float64:
		return appendNumber(b, v, path)
	case int:
		return appendInteger(b, int64(v), path)
	case int64:
		return appendInteger(b, v, path)
	case json.RawMessage:
		return append(b, v...), nil
	case []any:
		return appendList(b, v, path)
	case map[string]any:
		return appendObject(b, v, path)
	}
	return nil, placed(path, fmt.Sprintf("a %T has no canonical form", v))
}

func appendInteger(b []byte, v int64, path []string) ([]byte, error) {
	if v > maxInteger || v < -maxInteger {
		return nil, placed(path, fmt.Sprintf("the integer %d is beyond 2^53-1; write it as a string", v))
	}
	return appendNumber(b, float64(v), path)
}

func appendNumber(b []byte, v float64, path []string) ([]byte, error) {
	// Small integers are most of what configs hold; the rest needs the
	// ECMAScript algorithm that RFC 8785 section 3.2.2.3 prescribes.
	if i := int64(v); float64(i) == v && i > -1e15 && i < 1e15 {
		return fmt.Appendf(b, "%d", i), nil
	}
	text, err := jcs.NumberToJSON(v)
	if err != nil {
		return nil, placed(path, fmt.Sprintf("%v is not a JSON number", v))
	}
	return append(b, text...), nil
}

func appendList(b []byte, list []any, path []string) ([]byte, error) {
	b = append(b, '[')
	var err error
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendValue(b, item, append(path, fmt.Sprintf("[%d]", i))); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendObject(b []byte, object map[string]any, path []string) ([]byte, error) {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareUTF16)
	b = append(b, '{')
	var err error
	for i, key := range keys {
		if !utf8.ValidString(key) {
			return nil, placed(path, "invalid UTF-8 in a key")
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		if b, err = appendValue(b, object[key], append(path, "."+key)); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

const hexDigits = "0123456789abcdef"

// appendString escapes as RFC 8785 section 3.2.2.2 says: the two-character
// forms where JSON has one, \u00xx for other controls, all else verbatim.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		default:
			if at := strings.IndexByte("\b\t\n\f\r", c); at >= 0 {
				b = append(b, '\\', "btnfr"[at])
			} else {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
		}
	}
	return append(b, '"')
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

func placed(path []string, message string) error {
	where := strings.TrimPrefix(strings.Join(path, ""), ".")
	if where == "" {
		return fmt.Errorf("canonical JSON: %s", message)
	}
	return fmt.Errorf("canonical JSON: %s: %s", where, message)
}
