package recipe

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/artdag/artdag/dag"
)

// plainForm is text that needs no quotes for any YAML reader, in flow style
// too, unless it is a word that some reader takes for something else.
var plainForm = regexp.MustCompile(`^(\$item|[\p{L}_][\p{L}\p{N}_./-]*( [\p{L}\p{N}_./-]+)*)$`)

// scalarText prints a scalar so that every YAML reader reads it back.
func scalarText(scalar any) string {
	switch v := scalar.(type) {
	case string:
		return stringText(v)
	case float64:
		return numberText(v)
	case nil:
		return "null"
	}
	return fmt.Sprint(scalar)
}

func numberText(v float64) string {
	// Integers beyond 2^53-1 are refused when written out.
	if math.Abs(v) > 1<<53-1 {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	text, err := dag.Canonical(v)
	if err != nil {
		// Unreachable: Parse admits finite numbers only.
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return string(text)
}

func stringText(s string) string {
	switch {
	case plainForm.MatchString(s) && !reserved(s):
		return s
	case strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && printable(s):
		return "'" + s + "'"
	}
	return doubleQuoted(s)
}

// reserved are the words that YAML 1.1 or 1.2 readers take for other types.
func reserved(s string) bool {
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan":
		return true
	}
	return false
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}

func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c < 0x100:
			fmt.Fprintf(&b, `\x%02X`, c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			fmt.Fprintf(&b, `\U%08X`, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// blockScalar reports whether s is best printed after |: several lines of
// ordinary text, none of which YAML would change.
func blockScalar(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if !strings.Contains(body, "\n") || strings.HasSuffix(body, "\n") {
		return false
	}
	for i, text := range strings.Split(body, "\n") {
		if !printable(text) || strings.HasSuffix(text, " ") || i == 0 && (text == "" || text[0] == ' ') {
			return false
		}
	}
	return true
}
