package effects

import (
	"fmt"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Effect is one checked effect document. It is never changed after Load.
type Effect struct {
	Name    string
	Doc     string
	Version int
	Params  []Param // sorted by name
	Video   string  // filter graph of the picture; empty: the picture is left alone
	Audio   string  // filter graph of the sound; empty: the sound is left alone
	// Definition is the SHA3-256 of the canonical document: an edited effect is
	// another step.
	Definition dag.ContentHash
}

// Param is one declared parameter.
type Param struct {
	Name    string
	Type    Type
	Default any // float64, bool or string
	Min     *float64
	Max     *float64
	Choices []string
	Unit    string
	Doc     string
}

// Type is the type of a parameter.
type Type string

// The types. A color is #rrggbb or #rrggbbaa.
const (
	Number  Type = "number"
	Integer Type = "integer"
	Boolean Type = "boolean"
	Choice  Type = "choice"
	Color   Type = "color"
)

// Find returns the effect of that name, or false.
func Find(list []Effect, name string) (Effect, bool) {
	at := slices.IndexFunc(list, func(e Effect) bool { return e.Name == name })
	if at < 0 {
		return Effect{}, false
	}
	return list[at], true
}

// Join returns all effects of both lists, sorted by name. Two of one name are
// an error.
func Join(a, b []Effect) ([]Effect, error) {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(a, b Effect) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(all); i++ {
		if all[i].Name == all[i-1].Name {
			return nil, fmt.Errorf("two effects are named %s; rename yours", all[i].Name)
		}
	}
	return all, nil
}

// define hashes the document that the effect stands for.
func define(e Effect) (dag.ContentHash, error) {
	params := make(map[string]any, len(e.Params))
	for _, p := range e.Params {
		params[p.Name] = p.document()
	}
	text, err := dag.Canonical(map[string]any{
		"name": e.Name, "doc": e.Doc, "version": e.Version,
		"params": params, "video": e.Video, "audio": e.Audio,
	})
	if err != nil {
		return dag.ContentHash{}, fmt.Errorf("effect %s: %w", e.Name, err)
	}
	return dag.HashContent(text), nil
}

func (p Param) document() map[string]any {
	choices := make([]any, len(p.Choices))
	for i, choice := range p.Choices {
		choices[i] = choice
	}
	d := map[string]any{
		"type": string(p.Type), "default": p.Default, "choices": choices, "unit": p.Unit, "doc": p.Doc,
	}
	if p.Min != nil {
		d["min"] = *p.Min
	}
	if p.Max != nil {
		d["max"] = *p.Max
	}
	return d
}
