package expr

import (
	"strings"
	"unicode/utf8"
)

// Template is a string with ${...} parts. It is safe for concurrent use.
type Template struct{ parts []part }

// part is literal text, or an expression when program is set.
type part struct {
	text    string
	program *Program
	offset  int // of the expression, in characters
}

// HasExpression reports whether a string must go through a Template: it holds
// an expression, or the escape $${.
func HasExpression(s string) bool { return strings.Contains(s, "${") }

// ParseTemplate compiles the expressions of a string. "$${" stands for a
// literal "${". The error is *Error, its offset counted from the start of the
// string.
func ParseTemplate(s string, env Env) (*Template, error) {
	if !utf8.ValidString(s) {
		return nil, &Error{Message: "the text is not UTF-8"}
	}
	t := &Template{}
	literal := ""
	for rest := s; ; {
		at := strings.Index(rest, "${")
		if at < 0 {
			t.literal(literal + rest)
			return t, nil
		}
		if at > 0 && rest[at-1] == '$' {
			literal += rest[:at-1] + "${"
			rest = rest[at+2:]
			continue
		}
		t.literal(literal + rest[:at])
		literal = ""
		n, err := t.expression(s, len(s)-len(rest)+at+2, env)
		if err != nil {
			return nil, err
		}
		rest = rest[at+2+n+1:]
	}
}

func (t *Template) literal(text string) {
	if text != "" {
		t.parts = append(t.parts, part{text: text})
	}
}

// expression compiles what starts at byte start, and returns its length.
func (t *Template) expression(s string, start int, env Env) (int, error) {
	offset := utf8.RuneCountInString(s[:start])
	n, err := closing(s[start:])
	if err != nil {
		return 0, shifted(err, offset)
	}
	program, err := Compile(s[start:start+n], env)
	if err != nil {
		return 0, shifted(err, offset)
	}
	t.parts = append(t.parts, part{program: program, offset: offset})
	return n, nil
}

// shifted moves an error from the expression into the string.
func shifted(err error, offset int) error {
	fault := *translate(err)
	fault.Offset += offset
	return &fault
}

// Constant returns the text of a template without expressions.
func (t *Template) Constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].program == nil:
		return t.parts[0].text, true
	}
	return "", false
}

// Eval returns the value of a template that is exactly one expression, with
// its own type; otherwise a string, in which numbers, lists and maps are
// written as RFC 8785 does. The error is *Error.
func (t *Template) Eval(scope Scope) (any, error) {
	if text, ok := t.Constant(); ok {
		return text, nil
	}
	if len(t.parts) == 1 {
		return t.parts[0].eval(scope)
	}
	var out strings.Builder
	for _, p := range t.parts {
		v, err := p.eval(scope)
		if err != nil {
			return nil, err
		}
		s, err := text(v)
		if err != nil {
			return nil, &Error{p.offset, err.Error()}
		}
		out.WriteString(s)
		if out.Len() > MaxString {
			return nil, &Error{p.offset, errString.Error()}
		}
	}
	return out.String(), nil
}

func (p part) eval(scope Scope) (any, error) {
	if p.program == nil {
		return p.text, nil
	}
	v, err := p.program.Eval(scope)
	if err != nil {
		return nil, shifted(err, p.offset)
	}
	return v, nil
}
