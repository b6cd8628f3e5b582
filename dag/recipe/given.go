package recipe

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
)

// ReadParams reads parameters given as text (-p name=value) by their declared
// type, fills in defaults and checks ranges and choices. A list is values
// divided by commas, or a JSON array. The error is Faults without places:
// everything that is wrong at once.
func ReadParams(r *Recipe, given map[string]string) (map[string]any, error) {
	values := make(map[string]any, len(given))
	var faults Faults
	for _, p := range r.Params {
		text, ok := given[p.Name]
		if !ok {
			continue
		}
		value, err := p.read(text)
		if err != nil {
			faults = append(faults, paramFault(p, err))
			value = nil
		}
		values[p.Name] = value
	}
	for name := range given {
		if _, ok := values[name]; !ok {
			values[name] = nil // unknown: CheckParams says so
		}
	}
	return complete(r, values, faults)
}

// CheckParams checks parameters that are typed already (string, float64, bool,
// []any, as JSON decodes them), fills in defaults and returns a new map. The
// error is as that of ReadParams.
func CheckParams(r *Recipe, given map[string]any) (map[string]any, error) {
	return complete(r, given, nil)
}

// complete checks values; those of parameters with a fault already are skipped.
func complete(r *Recipe, values map[string]any, faults Faults) (map[string]any, error) {
	out := make(map[string]any, len(r.Params))
	names := make([]string, len(r.Params))
	bad := len(faults) > 0
	for i, p := range r.Params {
		names[i] = p.Name
		value, given := values[p.Name]
		switch {
		case !given && p.Default == nil:
			faults = append(faults, paramFault(p, fmt.Errorf("needs a value (%s): -p %s=VALUE", p.Type, p.Name)))
		case !given:
			out[p.Name] = p.Default
		case value == nil && bad:
		default:
			checked, err := p.check(value)
			if err != nil {
				faults = append(faults, paramFault(p, err))
			}
			out[p.Name] = checked
		}
	}
	sorted := slices.Sorted(slices.Values(names))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, known := slices.BinarySearch(sorted, name); !known {
			faults = append(faults, Fault{Message: unknownParam(name, names)})
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

func unknownParam(name string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("there is no param %s; the recipe has none", clip(name))
	}
	return fmt.Sprintf("there is no param %s%s; the params are %s", clip(name), dag.Suggest(name, names), strings.Join(names, ", "))
}

func paramFault(p Param, err error) Fault {
	return Fault{Message: fmt.Sprintf("param %s: %v", p.Name, err)}
}

// read turns text into a value of the parameter's type; check comes after.
func (p Param) read(text string) (any, error) {
	switch p.Type {
	case Number, Integer, Boolean:
		value, err := resolve(strings.TrimSpace(text))
		if _, isText := value.(string); err == nil && isText {
			value = text
		}
		return value, err
	case Choice:
		return p.readChoice(text)
	case List:
		return readList(text)
	}
	return text, nil
}

// readChoice prefers the choice that is that very text, then the one that the
// text stands for: the choice 2 is given as "2".
func (p Param) readChoice(text string) (any, error) {
	if slices.Contains(p.Choices, any(text)) {
		return text, nil
	}
	return resolve(text)
}

func readList(text string) (any, error) {
	if strings.TrimSpace(text) == "" {
		return []any{}, nil
	}
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		src, err := listJSON(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a JSON list: %w", clip(text), err)
		}
		return src, nil
	}
	var out []any
	for part := range strings.SplitSeq(text, ",") {
		value, err := resolve(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, nil
}

func listJSON(text string) (any, error) {
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, err
	}
	src, err := readJSON([]byte(text))
	return src.tree.Plain(), err
}

// check returns the value if it has the parameter's type and lies within its
// bounds and choices.
func (p Param) check(value any) (any, error) {
	if err := p.checkType(value); err != nil {
		return nil, err
	}
	if n, ok := value.(float64); ok {
		if p.Min != nil && n < *p.Min || p.Max != nil && n > *p.Max {
			return nil, fmt.Errorf("%v is out of range: %s", n, p.bounds())
		}
	}
	if len(p.Choices) > 0 && !slices.Contains(p.Choices, value) {
		return nil, fmt.Errorf("%s is not a choice%s; the choices are %s", show(value), p.suggestChoice(value), p.choiceList())
	}
	return value, nil
}

func (p Param) checkType(value any) error {
	ok := true
	switch n, isNumber := value.(float64); p.Type {
	case Number:
		ok = isNumber && !math.IsNaN(n) && !math.IsInf(n, 0)
	case Integer:
		if isNumber && (n != math.Trunc(n) || math.Abs(n) > 1<<53-1) {
			return fmt.Errorf("%v is not an integer", n)
		}
		ok = isNumber
	case Boolean:
		_, ok = value.(bool)
	case String:
		_, ok = value.(string)
	case Color:
		text, isText := value.(string)
		if isText {
			return checkColor(text)
		}
		ok = false
	case List:
		return checkList(value)
	case Choice:
		_, isText := value.(string)
		ok = isText || isNumber
	}
	if !ok {
		return fmt.Errorf("want %s, got %s", p.Type.article(), show(value))
	}
	return nil
}

func checkList(value any) error {
	items, ok := value.([]any)
	if !ok {
		return fmt.Errorf("want a list, got %s", show(value))
	}
	for i, item := range items {
		switch item.(type) {
		case string, float64, bool:
		default:
			return fmt.Errorf("item %d: want text, a number, true or false, got %s", i, show(item))
		}
	}
	return nil
}

func (t ParamType) article() string {
	switch t {
	case Boolean:
		return "true or false"
	case String:
		return "text"
	case Integer:
		return "an integer"
	case Choice:
		return "text or a number"
	}
	return "a " + string(t)
}

func show(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("%q", clip(v))
	case float64, bool:
		return fmt.Sprint(v)
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", value)
}

func (p Param) bounds() string {
	switch {
	case p.Max == nil:
		return fmt.Sprintf("at least %v", *p.Min)
	case p.Min == nil:
		return fmt.Sprintf("at most %v", *p.Max)
	}
	return fmt.Sprintf("from %v to %v", *p.Min, *p.Max)
}

func (p Param) choiceList() string {
	texts := make([]string, len(p.Choices))
	for i, choice := range p.Choices {
		texts[i] = fmt.Sprint(choice)
	}
	return strings.Join(texts, ", ")
}

func (p Param) suggestChoice(value any) string {
	text, _ := value.(string)
	var texts []string
	for _, choice := range p.Choices {
		if s, ok := choice.(string); ok {
			texts = append(texts, s)
		}
	}
	return dag.Suggest(text, texts)
}
