package recipe

import (
	"strings"
)

var (
	paramTypes = []string{"number", "integer", "boolean", "string", "choice", "color", "list"}
	paramKeys  = []string{"type", "default", "min", "max", "choices", "description"}
)

func (r *reader) params(v Value) []Param {
	var out []Param
	for _, f := range r.entries(v, "params", "{length: {type: number, default: 20}}") {
		r.name(f.Key, f.Pos, "param")
		if f.Value.Fields == nil {
			r.fault(f.Value.Pos, "param %s: want a map such as {type: number, default: 20}, got %s", clip(f.Key), describe(f.Value))
			continue
		}
		out = append(out, r.param(f))
	}
	return out
}

func (r *reader) param(f Field) Param {
	what := "param " + clip(f.Key)
	keys := r.fields(f.Value, what, paramKeys)
	p := Param{Name: f.Key, Pos: f.Pos, Description: r.text(keys["description"], what+": description")}
	p.Type = r.paramType(keys["type"], f.Pos, what)
	p.Min = r.bound(keys["min"], p, what+": min")
	p.Max = r.bound(keys["max"], p, what+": max")
	if p.Min != nil && p.Max != nil && *p.Min > *p.Max {
		r.fault(keys["min"].Pos, "%s: min is above max", what)
		return p
	}
	p.Choices = r.choices(keys["choices"], p, what)
	if def := keys["default"]; !absent(def) {
		value, err := p.check(def.Plain())
		if err != nil && p.Type != "" {
			r.fault(def.Pos, "%s: default: %v", what, err)
		}
		p.Default = value
	}
	return p
}

func (r *reader) paramType(v Value, pos Pos, what string) ParamType {
	if absent(v) {
		r.fault(pos, "%s needs a type: %s", what, strings.Join(paramTypes, ", "))
		return ""
	}
	typ := r.text(v, what+": type")
	if typ != "" && !contains(paramTypes, typ) {
		r.fault(v.Pos, "%s: there is no type %s%s; the types are %s", what, clip(typ), r.suggest(typ, paramTypes), strings.Join(paramTypes, ", "))
		return ""
	}
	return ParamType(typ)
}

func (r *reader) bound(v Value, p Param, what string) *float64 {
	if absent(v) {
		return nil
	}
	n, ok := v.Scalar.(float64)
	switch {
	case !ok:
		r.fault(v.Pos, "%s: want a number, got %s", what, describe(v))
		return nil
	case p.Type != "" && p.Type != Number && p.Type != Integer:
		r.fault(v.Pos, "%s: only numbers and integers have bounds", what)
		return nil
	}
	return &n
}

// choices reads the values that a parameter may have. They must fit its type
// and bounds themselves.
func (r *reader) choices(v Value, p Param, what string) []any {
	switch {
	case absent(v):
		if p.Type == Choice {
			r.fault(p.Pos, "%s: a choice needs choices, a list", what)
		}
		return nil
	case len(v.Items) == 0:
		r.fault(v.Pos, "%s: choices: want a list of values, got %s", what, describe(v))
		return nil
	case p.Type == Boolean || p.Type == List:
		r.fault(v.Pos, "%s: choices: a %s has none", what, p.Type)
		return nil
	}
	out := make([]any, 0, len(v.Items))
	for _, item := range v.Items {
		value, err := p.check(item.Plain())
		if err != nil && p.Type != "" {
			r.fault(item.Pos, "%s: choices: %v", what, err)
		}
		out = append(out, value)
	}
	return out
}
