package recipe

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/artdag/artdag/dag"
)

var recipeKeys = []string{"name", "version", "description", "owner", "metadata", "inputs", "params", "analysis", "nodes", "outputs"}

var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// reader turns a tree into a Recipe and gathers what is wrong with it. A Value
// whose Pos is zero is absent.
type reader struct {
	file   string
	faults Faults
}

func (r *reader) fault(pos Pos, format string, args ...any) {
	r.faults = append(r.faults, Fault{r.file, pos, fmt.Sprintf(format, args...)})
}

// manySuggestions is where suggestions stop: each costs a pass over all names.
const manySuggestions = 20

func (r *reader) suggest(got string, allowed []string) string {
	if len(r.faults) >= manySuggestions {
		return ""
	}
	return dag.Suggest(got, allowed)
}

func absent(v Value) bool { return v.Pos == Pos{} }

// describe names what a value is, for messages.
func describe(v Value) string {
	switch scalar := v.Scalar.(type) {
	case string:
		return fmt.Sprintf("the text %q", clip(scalar))
	case float64:
		return "a number"
	case bool:
		return fmt.Sprint(scalar)
	}
	switch {
	case v.Fields != nil:
		return "a map"
	case v.Items != nil:
		return "a list"
	}
	return "nothing"
}

// entries returns the entries of a map; anything else is a fault.
func (r *reader) entries(v Value, what, example string) []Field {
	if !absent(v) && v.Fields == nil {
		r.fault(v.Pos, "%s: want a map such as %s, got %s", what, example, describe(v))
	}
	return v.Fields
}

// fields returns the values of a map with these keys and no others.
func (r *reader) fields(v Value, what string, allowed []string) map[string]Value {
	out := make(map[string]Value, len(v.Fields))
	for _, f := range v.Fields {
		out[f.Key] = f.Value
		if !contains(allowed, f.Key) {
			r.fault(f.Pos, "%s has no key %s%s; the keys are %s",
				what, clip(f.Key), r.suggest(f.Key, allowed), strings.Join(allowed, ", "))
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

func (r *reader) text(v Value, what string) string {
	s, ok := v.Scalar.(string)
	if !ok && !absent(v) {
		r.fault(v.Pos, "%s: want text, got %s; put it in quotes", what, describe(v))
	}
	return s
}

// version may be written without quotes: 1.0 is read as the number 1.
func (r *reader) version(v Value) string {
	if n, ok := v.Scalar.(float64); ok {
		return fmt.Sprint(n)
	}
	return r.text(v, "version")
}

func (r *reader) boolean(v Value, what string) bool {
	b, ok := v.Scalar.(bool)
	if !ok && !absent(v) {
		r.fault(v.Pos, "%s: want true or false, got %s", what, describe(v))
	}
	return b
}

// name checks the form of a name that the recipe gives.
func (r *reader) name(name string, pos Pos, what string) {
	switch {
	case name == "":
		r.fault(pos, "%s needs a name", what)
	case !nameForm.MatchString(name):
		r.fault(pos, "%s %q: a name starts with a letter and goes on with letters, digits, _ and -", what, clip(name))
	}
}

// texts reads a list of strings; a single string is a list of one.
func (r *reader) texts(v Value, what string) []Text {
	items := v.Items
	if _, single := v.Scalar.(string); single {
		items = []Value{v}
	} else if items == nil && !absent(v) {
		r.fault(v.Pos, "%s: want a list of names, got %s", what, describe(v))
	}
	out := make([]Text, 0, len(items))
	for _, item := range items {
		s, ok := item.Scalar.(string)
		if !ok {
			r.fault(item.Pos, "%s: want a name, got %s", what, describe(item))
			continue
		}
		out = append(out, Text{s, item.Start})
	}
	return out
}
