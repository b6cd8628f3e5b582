package planner

import (
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/recipe"
)

// Features says which fields the analysis of a feature adds to an input's
// analysis document, so that a misspelt name is found before anything is
// measured.
type Features interface {
	// Fields returns the fields that the feature ("beats") provides, or false
	// for a feature that does not exist.
	Fields(feature string) (map[string]FieldType, bool)
	// Names returns all features, sorted.
	Names() []string
}

// FieldType is the type of one field of an analysis document.
type FieldType string

// The field types. Object is a map whose fields are not declared further.
const (
	FieldNumber  FieldType = "number"
	FieldBoolean FieldType = "boolean"
	FieldString  FieldType = "string"
	FieldNumbers FieldType = "numbers" // list of numbers
	FieldPairs   FieldType = "pairs"   // list of lists of two numbers
	FieldObjects FieldType = "objects" // list of maps
	FieldObject  FieldType = "object"
)

// Request is everything that decides a plan.
type Request struct {
	Recipe *recipe.Recipe
	// Inputs are the contents of each input by name; one element unless the
	// input is declared many or its kind is images.
	Inputs map[string][]dag.ContentHash
	// Params as given, already in their declared type (see recipe.ReadParams).
	Params map[string]any
	// Analysis holds each analysed input's document (map[string]any, []any,
	// float64, string, bool), and Documents the hash of its canonical form.
	Analysis  map[string]map[string]any
	Documents map[string]dag.ContentHash
	// Facts of every content that was examined; a content without facts is
	// planned without knowing what its consumers will produce.
	Facts map[dag.ContentHash]*dag.Facts
	Realm string
	// Until, if set, replaces the outputs by this node's.
	Until string
}

// Planner expands recipes. It is safe for concurrent use.
type Planner struct {
	Types    dag.Types
	Features Features
}
