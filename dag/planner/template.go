package planner

import (
	"errors"
	"unicode/utf8"

	"github.com/artdag/artdag/dag/expr"
	"github.com/artdag/artdag/dag/recipe"
)

// template is a config value compiled: constant, or with expressions inside.
type template struct {
	source   recipe.Value
	constant any // set when dynamic is false
	dynamic  bool
	text     *expr.Template
	items    []template
	fields   []fieldTemplate
}

type fieldTemplate struct {
	key   string
	value template
}

// compileValue compiles a value; faults are added to c.
func (c *compiler) value(v recipe.Value, env expr.Env) template {
	t := template{source: v}
	switch {
	case v.Fields != nil:
		for _, f := range v.Fields {
			value := c.value(f.Value, env)
			t.dynamic = t.dynamic || value.dynamic
			t.fields = append(t.fields, fieldTemplate{f.Key, value})
		}
		t.collect()
	case v.Items != nil:
		for _, item := range v.Items {
			value := c.value(item, env)
			t.dynamic = t.dynamic || value.dynamic
			t.items = append(t.items, value)
		}
		t.collect()
	default:
		c.scalar(&t, env)
	}
	return t
}

// collect makes one constant of a map or list that holds nothing else.
func (t *template) collect() {
	if t.dynamic {
		return
	}
	if t.source.Items != nil {
		list := make([]any, len(t.items))
		for i, item := range t.items {
			list[i] = item.constant
		}
		t.constant = list
		return
	}
	object := make(map[string]any, len(t.fields))
	for _, f := range t.fields {
		object[f.key] = f.value.constant
	}
	t.constant = object
}

func (c *compiler) scalar(t *template, env expr.Env) {
	s, ok := t.source.Scalar.(string)
	if !ok {
		t.constant = t.source.Scalar
		return
	}
	parsed, err := expr.ParseTemplate(s, env)
	if err != nil {
		c.fault(within(t.source.Start, s, err), "%s", err)
		return
	}
	if text, ok := parsed.Constant(); ok {
		t.constant = text
		return
	}
	t.text, t.dynamic = parsed, true
}

// eval returns the plain value.
func (t *template) eval(scope expr.Scope) (any, error) {
	switch {
	case !t.dynamic:
		return t.constant, nil
	case t.text != nil:
		v, err := t.text.Eval(scope)
		if err != nil {
			return nil, &placedError{within(t.source.Start, t.source.Scalar, err), err}
		}
		return v, nil
	case t.items != nil:
		out := make([]any, len(t.items))
		for i := range t.items {
			var err error
			if out[i], err = t.items[i].eval(scope); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return t.evalFields(scope)
}

func (t *template) evalFields(scope expr.Scope) (map[string]any, error) {
	out := make(map[string]any, len(t.fields))
	for i := range t.fields {
		value, err := t.fields[i].value.eval(scope)
		if err != nil {
			return nil, err
		}
		out[t.fields[i].key] = value
	}
	return out, nil
}

// placedError is an error with its place in the recipe.
type placedError struct {
	pos recipe.Pos
	err error
}

func (e *placedError) Error() string { return e.err.Error() }

func (e *placedError) Unwrap() error { return e.err }

// within returns the place of an expression's fault inside a string that
// begins at pos. In quotes with escapes it is as near as characters map to
// columns.
func within(pos recipe.Pos, source any, err error) recipe.Pos {
	s, _ := source.(string)
	var fault *expr.Error
	if !errors.As(err, &fault) || fault.Offset > utf8.RuneCountInString(s) || pos.Line == 0 {
		return pos
	}
	first := pos.Col
	for n, c := range []rune(s) {
		if n == fault.Offset {
			break
		}
		pos.Col++
		if c == '\n' { // a block scalar's lines begin below its first
			pos = recipe.Pos{Line: pos.Line + 1, Col: first}
		}
	}
	return pos
}

// locate returns the place of the value that a path leads to, or of the
// nearest one above it that exists.
func locate(v recipe.Value, path []string, key bool) recipe.Pos {
	pos := v.Pos
	for n, name := range path {
		next, at, ok := child(v, name)
		if !ok {
			return pos
		}
		v, pos = next, next.Pos
		if key && n == len(path)-1 {
			pos = at
		}
	}
	return pos
}

func child(v recipe.Value, name string) (recipe.Value, recipe.Pos, bool) {
	for _, f := range v.Fields {
		if f.Key == name {
			return f.Value, f.Pos, true
		}
	}
	index := 0
	for _, c := range name {
		if c < '0' || c > '9' {
			return recipe.Value{}, recipe.Pos{}, false
		}
		index = index*10 + int(c-'0')
	}
	if name != "" && index < len(v.Items) {
		return v.Items[index], v.Items[index].Pos, true
	}
	return recipe.Value{}, recipe.Pos{}, false
}
