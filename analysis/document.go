package analysis

import (
	"encoding/json"
	"fmt"

	"github.com/artdag/artdag/dag"
)

// Document is what was measured of one input: the fields of its features,
// joined.
type Document struct {
	Values map[string]any
	JSON   []byte          // canonical (RFC 8785)
	Hash   dag.ContentHash // of JSON; part of the identity of a plan
}

func newDocument(values map[string]any) (Document, error) {
	text, err := dag.Canonical(values)
	if err != nil {
		return Document{}, fmt.Errorf("analysis: %w", err)
	}
	return Document{Values: values, JSON: text, Hash: dag.HashContent(text)}, nil
}

// readValues reads a stored feature. What is no object counts as absent.
func readValues(text []byte) (map[string]any, bool) {
	var values map[string]any
	if json.Unmarshal(text, &values) != nil || len(values) == 0 {
		return nil, false
	}
	return values, true
}

// list gives numbers the form that documents are made of.
func list(numbers []float64) []any {
	out := make([]any, len(numbers))
	for i, n := range numbers {
		out[i] = n
	}
	return out
}
