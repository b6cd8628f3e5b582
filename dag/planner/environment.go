package planner

import (
	"maps"

	"github.com/artdag/artdag/dag/expr"
	"github.com/artdag/artdag/dag/recipe"
)

// environment types the names that the expressions of a recipe may use.
func (p *Planner) environment(r *recipe.Recipe) expr.Env {
	params := make(map[string]expr.Type)
	for _, param := range r.Params {
		params[param.Name] = paramType(param.Type)
	}
	inputs := make(map[string]expr.Type)
	for _, in := range r.Inputs {
		inputs[in.Name] = record(map[string]expr.Type{
			"kind": {Kind: expr.String}, "hash": {Kind: expr.String}, "count": {Kind: expr.Integer},
		})
	}
	analysis := make(map[string]expr.Type)
	for _, a := range r.Analysis {
		fields := make(map[string]expr.Type)
		for _, feature := range a.Features {
			declared, _ := p.Features.Fields(feature)
			for name, t := range declared {
				fields[name] = fieldType(t)
			}
		}
		analysis[a.Input] = record(fields)
	}
	return expr.Env{
		"params": record(params), "inputs": record(inputs), "analysis": record(analysis),
	}
}

// inFanOut adds the names that a fan-out has.
func inFanOut(env expr.Env) expr.Env {
	out := expr.Env{"item": {}, "index": {Kind: expr.Integer}}
	for name, t := range env {
		out[name] = t
	}
	return out
}

func record(fields map[string]expr.Type) expr.Type {
	return expr.Type{Kind: expr.Object, Fields: fields}
}

func paramType(t recipe.ParamType) expr.Type {
	switch t {
	case recipe.Number:
		return expr.Type{Kind: expr.Number}
	case recipe.Integer:
		return expr.Type{Kind: expr.Integer}
	case recipe.Boolean:
		return expr.Type{Kind: expr.Boolean}
	case recipe.String, recipe.Color:
		return expr.Type{Kind: expr.String}
	case recipe.List:
		return expr.Type{Kind: expr.List}
	}
	return expr.Type{}
}

func fieldType(t FieldType) expr.Type {
	switch t {
	case FieldNumber:
		return expr.Type{Kind: expr.Number}
	case FieldBoolean:
		return expr.Type{Kind: expr.Boolean}
	case FieldString:
		return expr.Type{Kind: expr.String}
	case FieldNumbers:
		return expr.ListOf(expr.Number)
	case FieldObjects:
		return expr.ListOf(expr.Object)
	case FieldPairs:
		return expr.ListOf(expr.List)
	case FieldObject:
		return expr.Type{Kind: expr.Object}
	}
	return expr.Type{}
}

// scope gives the names their values.
func scope(req Request) expr.Scope {
	inputs := make(map[string]any)
	for _, in := range req.Recipe.Inputs {
		hash := ""
		if given := req.Inputs[in.Name]; len(given) > 0 {
			hash = given[0].String()
		}
		inputs[in.Name] = map[string]any{
			"kind": string(in.Kind), "hash": hash, "count": len(req.Inputs[in.Name]),
		}
	}
	analysis := make(map[string]any)
	for name, document := range req.Analysis {
		analysis[name] = document
	}
	return expr.Scope{"params": integers(req), "inputs": inputs, "analysis": analysis}
}

// integers returns the params with integers as such, so that they can index.
func integers(req Request) map[string]any {
	out := make(map[string]any, len(req.Params))
	maps.Copy(out, req.Params)
	for _, p := range req.Recipe.Params {
		if f, ok := out[p.Name].(float64); ok && p.Type == recipe.Integer {
			out[p.Name] = int(f)
		}
	}
	return out
}
