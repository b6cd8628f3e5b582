package main

import (
	"strings"

	"github.com/artdag/artdag/dag"
)

// findSteps resolves labels, nodes and the beginnings of cache_ids; a node
// stands for all of its steps.
func findSteps(plan *dag.Plan, names []string) ([]dag.CacheID, error) {
	const least = 8 // digits of a cache_id
	var out []dag.CacheID
	for _, name := range names {
		before := len(out)
		for _, s := range plan.Steps {
			if s.Label == name || s.Node == name || len(name) >= least && strings.HasPrefix(s.ID.String(), name) {
				out = append(out, s.ID)
			}
		}
		if len(out) == before {
			return nil, usagef("the plan has no step %s%s", name, alternatives(plan, name))
		}
	}
	return out, nil
}

// alternatives says which steps there are: the steps of the node that was
// named, or the nodes.
func alternatives(plan *dag.Plan, name string) string {
	node, _, _ := strings.Cut(name, "[")
	var labels, nodes []string
	for _, s := range plan.Steps {
		if s.Node == node {
			labels = append(labels, s.Label)
		}
		if len(nodes) == 0 || nodes[len(nodes)-1] != s.Node {
			nodes = append(nodes, s.Node)
		}
	}
	if len(labels) > 0 {
		return "; " + node + " has " + labels[0] + " to " + labels[len(labels)-1]
	}
	suggestion := dag.Suggest(name, nodes)
	return suggestion + "; it has " + few(nodes)
}
