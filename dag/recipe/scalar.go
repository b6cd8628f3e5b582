package recipe

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// jsonNumber is the grammar of RFC 8259 section 6.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

var integerLiteral = regexp.MustCompile(`^-?[0-9]+$`)

// resolve reads a plain (unquoted) scalar as JSON does: null, true, false and
// numbers; everything else is a string. So 014, 2026-01-02, 1:30, yes and ~
// stay what the artist wrote.
func resolve(text string) (any, error) {
	switch text {
	case "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if !jsonNumber.MatchString(text) {
		return text, nil
	}
	return number(text)
}

// number reads a JSON number. Integers that a double cannot hold exactly and
// numbers beyond its range are refused, because their identity would be that of
// another number.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("the number %s is too large; write it as a string, in quotes", clip(text))
	}
	if integerLiteral.MatchString(text) && math.Abs(v) > 1<<53-1 {
		return 0, fmt.Errorf("the integer %s is beyond 2^53-1; write it as a string, in quotes", clip(text))
	}
	return v + 0, nil // -0 becomes 0
}

func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:57]) + "..."
	}
	return s
}
