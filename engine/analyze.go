package engine

import (
	"context"
	"slices"

	"github.com/artdag/artdag/dag/recipe"
)

// Analyze measures the inputs of a request and returns the values by the name
// of the input: one document, or a list of them where it has several files.
// Features replace what the recipe asks for; without either, media is probed.
// An input that nothing is measured of may be left out.
func (p *Preparer) Analyze(ctx context.Context, req Request, features []string) (map[string]any, error) {
	asked := *req.Recipe
	asked.Inputs = slices.Clone(asked.Inputs)
	for i := range asked.Inputs {
		in := &asked.Inputs[i]
		in.Optional = in.Optional || len(named(&asked, *in)) == 0
	}
	req.Recipe = &asked
	inputs, err := p.readInputs(ctx, req)
	if err != nil {
		return nil, err
	}
	measured, err := p.measure(ctx, inputs, func(in recipe.Input) []string {
		if len(features) > 0 {
			return features
		}
		if of := named(&asked, in); len(of) > 0 {
			return of
		}
		return []string{"probe"}
	})
	if err != nil {
		return nil, err
	}
	return documents(measured, inputs), nil
}

func documents(m *measured, inputs []read) map[string]any {
	out := make(map[string]any)
	for _, in := range inputs {
		if len(in.files) == 1 {
			if values, ok := m.each[in.label(0)]; ok {
				out[in.decl.Name] = values
			}
			continue
		}
		var list []any
		for n := range in.files {
			if values, ok := m.each[in.label(n)]; ok {
				list = append(list, values)
			}
		}
		if list != nil {
			out[in.decl.Name] = list
		}
	}
	return out
}
