package main

import (
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
)

// names are what people call the inputs of steps: the labels of steps, the
// recipe's names of files.
type names struct {
	steps map[dag.CacheID]string
	files map[dag.ContentHash]string
}

func newNames(plan *dag.Plan) names {
	n := names{make(map[dag.CacheID]string, len(plan.Steps)), make(map[dag.ContentHash]string)}
	for i := range plan.Steps {
		n.steps[plan.Steps[i].ID] = plan.Steps[i].Label
	}
	for name, hashes := range plan.Inputs {
		for i, h := range hashes {
			if n.files[h] = name; len(hashes) > 1 {
				n.files[h] = fmt.Sprintf("%s[%d]", name, i)
			}
		}
	}
	return n
}

// inputs names what a step reads.
func (n names) inputs(s dag.Step) string {
	const most = 4
	var all []string
	for i, in := range s.Inputs {
		if i == most {
			all = append(all, fmt.Sprintf("and %d more", len(s.Inputs)-most))
			break
		}
		all = append(all, n.input(in))
	}
	return strings.Join(all, ", ")
}

func (n names) input(in dag.Input) string {
	if !in.IsSource() {
		return strings.TrimSuffix(n.steps[in.Step]+"/"+in.Member, "/")
	}
	if name, ok := n.files[in.Content]; ok {
		return name
	}
	return in.Content.Short()
}
