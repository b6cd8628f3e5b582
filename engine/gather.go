package engine

import (
	"context"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Gathered is what was given for the inputs of a recipe, by content.
type Gathered struct {
	Inputs map[string][]dag.ContentHash
	// Sources are the files that they were read from. What the cache holds has
	// its path there; what is elsewhere has none and is missing here.
	Sources map[dag.ContentHash]cache.Source
}

// Gather checks a request as far as that goes without measuring anything, and
// hashes its inputs. Errors are those of Prepare.
func (p *Preparer) Gather(ctx context.Context, req Request) (*Gathered, error) {
	if faults := p.Planner.Check(req.Recipe); len(faults) > 0 {
		return nil, faults
	}
	inputs, err := p.readInputs(ctx, req)
	if err != nil {
		return nil, err
	}
	out := &Gathered{hashes(inputs), make(map[dag.ContentHash]cache.Source)}
	for _, in := range inputs {
		for _, f := range in.files {
			if f.Path != "" {
				out.Sources[f.Hash] = f.Source
			}
		}
	}
	return out, nil
}
