package expr

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/artdag/artdag/dag"
)

// Error is a fault of an expression.
type Error struct {
	Offset  int // in characters, from the start of the source
	Message string
}

func (e *Error) Error() string { return e.Message }

func errorAt(offset int, format string, args ...any) *Error {
	return &Error{offset, fmt.Sprintf(format, args...)}
}

// translate turns an error of expr-lang into one of ours.
func translate(err error) *Error {
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	var theirs *file.Error
	if !errors.As(err, &theirs) {
		return &Error{Message: err.Error()}
	}
	return &Error{theirs.From, humanize(strings.TrimSpace(theirs.Message))}
}

// conversion is how the virtual machine complains of an operand.
var conversion = regexp.MustCompile(`^interface conversion: interface \{\} is (.+), not (.+)$`)

func humanize(message string) string {
	if m := conversion.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("want %s, got %s", goName(m[2]), goName(m[1]))
	}
	if strings.Contains(message, "memory budget exceeded") {
		return errTooLarge.Error()
	}
	return message
}

func goName(name string) string {
	switch name {
	case "bool":
		return "true or false"
	case "string":
		return "text"
	case "int", "float64":
		return "a number"
	case "nil":
		return "nothing"
	}
	if strings.HasPrefix(name, "[]") {
		return "a list"
	}
	return "a map"
}

// describe names what a value is, for messages.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("the text %q", clip(v))
	case bool, int, float64:
		return fmt.Sprint(v)
	case []any, []int, []float64, []string:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", v)
}

// clip bounds a value in a message.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 60 {
		return string(runes[:57]) + "..."
	}
	return s
}

// show writes a value in scope, clipped before it is formatted.
func show(v any) string {
	if list, ok := v.([]any); ok && len(list) > 8 {
		return fmt.Sprintf("a list of %d", len(list))
	}
	if _, ok := v.(map[string]any); ok {
		return "a map"
	}
	if s, ok := v.(string); ok {
		v = clip(s)
	}
	text, err := dag.Canonical(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return clip(string(text))
}
