package effects

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const maxParams = 32

// params checks the declarations and sorts them by name.
func params(declared map[string]paramDocument) ([]Param, error) {
	if len(declared) > maxParams {
		return nil, fmt.Errorf("%d parameters; at most %d are allowed", len(declared), maxParams)
	}
	var list []Param
	for name, d := range declared {
		p := Param{Name: name, Type: d.Type, Default: d.Default, Min: d.Min, Max: d.Max, Choices: d.Choices, Unit: d.Unit, Doc: d.Doc}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	for i := range list {
		if err := list[i].check(); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", list[i].Name, err)
		}
	}
	return list, nil
}

func (p *Param) check() error {
	switch {
	case !isName(p.Name):
		return fmt.Errorf("name %q: want lower-case letters, digits and _, a letter first", p.Name)
	case slices.Contains(mediaNames(), p.Name):
		return fmt.Errorf("the name stands for the input's own %s; choose another", p.Name)
	case p.Doc == "":
		return fmt.Errorf("doc is missing")
	case p.Default == nil:
		return fmt.Errorf("default is missing")
	}
	if err := p.checkBounds(); err != nil {
		return err
	}
	if f, ok := number(p.Default); ok {
		p.Default = f
	}
	if _, err := p.text(p.Default); err != nil {
		return fmt.Errorf("default: %w", err)
	}
	return nil
}

func (p *Param) checkBounds() error {
	numeric := p.Type == Number || p.Type == Integer
	switch p.Type {
	case Number, Integer, Boolean, Color:
	case Choice:
		return p.checkChoices()
	default:
		return fmt.Errorf("type %q: want number, integer, boolean, choice or color", p.Type)
	}
	switch {
	case numeric && (p.Min == nil || p.Max == nil):
		return fmt.Errorf("min and max are missing: a %s has both", p.Type)
	case numeric && !(*p.Min <= *p.Max && math.Abs(*p.Min) <= 1e9 && math.Abs(*p.Max) <= 1e9):
		return fmt.Errorf("from %v to %v: want min up to max, within a billion", *p.Min, *p.Max)
	case !numeric && (p.Min != nil || p.Max != nil):
		return fmt.Errorf("min and max are for numbers")
	case len(p.Choices) > 0:
		return fmt.Errorf("choices are for the type choice")
	}
	return nil
}

// A choice is a word that means nothing to the graph parser.
func (p *Param) checkChoices() error {
	if len(p.Choices) == 0 || p.Min != nil || p.Max != nil {
		return fmt.Errorf("a choice has choices, and neither min nor max")
	}
	word := regexp.MustCompile(`^[A-Za-z0-9_.+-]{1,64}$`)
	for _, choice := range p.Choices {
		if !word.MatchString(choice) {
			return fmt.Errorf("choice %q: want letters, digits and _ . + - alone", choice)
		}
	}
	return nil
}

// text writes a value for a graph, or says what is wrong with it.
func (p Param) text(value any) (string, error) {
	switch p.Type {
	case Number, Integer:
		return p.number(value)
	case Boolean:
		if b, ok := value.(bool); ok {
			return map[bool]string{true: "1", false: "0"}[b], nil
		}
		return "", fmt.Errorf("want true or false, got %v", value)
	case Choice:
		if s, ok := value.(string); ok && slices.Contains(p.Choices, s) {
			return s, nil
		}
		return "", fmt.Errorf("want one of %s, got %v", strings.Join(p.Choices, ", "), value)
	}
	s, ok := value.(string)
	if !ok || !regexp.MustCompile(`^#([0-9a-f]{6}|[0-9a-f]{8})$`).MatchString(s) {
		return "", fmt.Errorf("want a color as #rrggbb or #rrggbbaa, got %v", value)
	}
	return "0x" + s[1:], nil
}

func (p Param) number(value any) (string, error) {
	f, ok := number(value)
	whole := f == math.Trunc(f)
	// The comparison is written so that NaN fails it.
	if !ok || !(f >= *p.Min && f <= *p.Max) || p.Type == Integer && !whole {
		return "", fmt.Errorf("want %s %v to %v, got %v",
			map[Type]string{Number: "a number from", Integer: "a whole number from"}[p.Type], *p.Min, *p.Max, value)
	}
	return strconv.FormatFloat(f, 'f', -1, 64), nil
}

func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	}
	return 0, false
}
