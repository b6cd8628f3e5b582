package main

import (
	"encoding/json"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
	"github.com/artdag/artdag/executor"
)

type schemaCmd struct{}

// Run prints a JSON Schema (draft 2020-12) of recipes, for editors: it knows
// every step type and its config. Expressions may stand for any value.
func (schemaCmd) Run(a *app) error {
	types, err := registry("")
	if err != nil {
		return err
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(recipeSchema(types))
}

type object = map[string]any

func recipeSchema(types *executor.Registry) object {
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "artdag recipe",
		"type":    "object", "additionalProperties": false, "required": []string{"nodes", "outputs"},
		"properties": object{
			"name": text(), "version": text(), "description": text(),
			"inputs":   object{"type": "object", "additionalProperties": inputSchema()},
			"params":   object{"type": "object", "additionalProperties": paramSchema()},
			"analysis": object{"type": "object", "additionalProperties": listOf(text())},
			"nodes":    listOf(nodeSchema(types)),
			"outputs":  listOf(text()),
		},
	}
}

func text() object                   { return object{"type": "string"} }
func flag() object                   { return object{"type": "boolean"} }
func listOf(elem any) object         { return object{"type": "array", "items": elem} }
func oneOf[T any](values []T) object { return object{"enum": values} }

func inputSchema() object {
	return object{"type": "object", "additionalProperties": false, "required": []string{"kind"}, "properties": object{
		"kind": oneOf([]dag.Kind{dag.Video, dag.Audio, dag.Image, dag.Images, dag.Blend, dag.Data}),
		"many": flag(), "optional": flag(), "description": text(),
	}}
}

func paramSchema() object {
	return object{"type": "object", "additionalProperties": false, "required": []string{"type"}, "properties": object{
		"type": oneOf([]recipe.ParamType{recipe.Number, recipe.Integer, recipe.Boolean, recipe.String,
			recipe.Choice, recipe.Color, recipe.List}),
		"default": object{}, "min": object{"type": "number"}, "max": object{"type": "number"},
		"choices": listOf(object{}), "description": text(),
	}}
}

func nodeSchema(types *executor.Registry) object {
	names := append(types.Names(), "SWITCH", "SOURCE")
	var rules []any
	for _, name := range types.Names() {
		e, _ := types.Get(name)
		rules = append(rules, object{
			"if":   object{"properties": object{"type": object{"const": name}}},
			"then": object{"properties": object{"config": keysSchema(e.Spec().Keys)}},
		})
	}
	references := object{"anyOf": []any{text(), listOf(text()), object{"type": "object"}}}
	return object{
		"type": "object", "additionalProperties": false, "required": []string{"id", "type"},
		"properties": object{
			"id": text(), "type": oneOf(names), "config": object{"type": "object"}, "inputs": references,
			"for_each": object{"anyOf": []any{text(), object{"type": "object"}}}, "when": text(),
		},
		"allOf": rules,
	}
}

func keysSchema(keys []executor.Key) object {
	properties := object{}
	required := []string{}
	for _, k := range keys {
		properties[k.Name] = keySchema(k)
		if k.Required {
			required = append(required, k.Name)
		}
	}
	return object{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
}

// keySchema accepts the key's forms, or an expression that gives one.
func keySchema(k executor.Key) object {
	forms := []any{formSchema(k, k.Type)}
	for _, also := range k.Also {
		forms = append(forms, formSchema(k, also))
	}
	forms = append(forms, object{"type": "string", "pattern": `\$\{`})
	out := object{"anyOf": forms, "description": k.Doc}
	if k.Default != nil {
		out["default"] = k.Default
	}
	return out
}

func formSchema(k executor.Key, t executor.KeyType) object {
	switch t {
	case executor.Number, executor.Integer:
		return bounds(object{"type": string(t)}, k)
	case executor.Boolean:
		return flag()
	case executor.Choice:
		return oneOf(k.Choices)
	case executor.Size:
		return object{"anyOf": []any{listOf(object{"type": "integer", "minimum": 1}), text()}}
	case executor.FPS:
		return object{"type": []string{"number", "string"}}
	case executor.List:
		return listOf(keySchema(*k.Elem))
	case executor.Object:
		if len(k.Keys) > 0 {
			return keysSchema(k.Keys)
		}
		return object{"type": "object"}
	}
	return text()
}

func bounds(out object, k executor.Key) object {
	for name, limit := range map[string]*float64{"minimum": k.Min, "maximum": k.Max, "exclusiveMinimum": k.Above} {
		if limit != nil {
			out[name] = *limit
		}
	}
	return out
}
