package recipe

import (
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Recipe is a parsed document. Every part knows where it stood, so that a
// fault found much later is still shown in the artist's file.
type Recipe struct {
	File        string // as given, for messages
	Name        string
	Version     string
	Description string
	Inputs      []Input // in the order of the document
	Params      []Param
	Analysis    []Analysis
	Nodes       []Node
	Outputs     []Reference // at least one

	// Document is the parsed document, defaults not filled in, and Hash its
	// identity: comments, order of keys and white space do not matter.
	Document map[string]any
	Hash     dag.RecipeHash
	// Warnings are faults that do not stop a run: an unused node or input.
	Warnings Faults

	source source // what Format prints
}

// Input declares what the artist gives with the run.
type Input struct {
	Name        string
	Kind        dag.Kind
	Many        bool // takes several files
	Optional    bool
	Description string
	Asset       *Asset // fixed by the recipe itself (the original system's registry.assets); nil otherwise
	Pos         Pos
}

// Asset is an input whose content the recipe names itself.
type Asset struct {
	Hash string // content hash, or empty
	CID  string // or empty
	Path string // as written, relative to the recipe; or empty
}

// ParamType is how a parameter's value is read.
type ParamType string

// The parameter types.
const (
	Number  ParamType = "number"
	Integer ParamType = "integer"
	Boolean ParamType = "boolean"
	String  ParamType = "string"
	Choice  ParamType = "choice"
	Color   ParamType = "color"
	List    ParamType = "list"
)

// Param declares one parameter.
type Param struct {
	Name        string
	Type        ParamType
	Default     any // nil: the parameter must be given
	Min, Max    *float64
	Choices     []any
	Description string
	Pos         Pos
}

// Analysis lists the features to measure of one input.
type Analysis struct {
	Input    string
	Features []string // without versions: "beats"
	Pos      Pos
}

// Node is one entry of the graph.
type Node struct {
	ID      string
	Type    string // plain name; "SWITCH" chooses at plan time
	Config  Value  // a map; the zero Value when absent
	Inputs  Inputs
	ForEach *ForEach
	When    *Text // bare expression
	Pos     Pos
}

// ForEach expands a node into one step per element. Exactly one field is set.
type ForEach struct {
	Expr  *Text       // elements are values
	Each  *Reference  // elements are the steps of a node
	Zip   []Reference // elements are tuples of steps, lengths equal
	Cross []Reference // elements are all combinations, the last varying fastest
	Pos   Pos
}

// Inputs of a node: a list, or a map from slot to references. A single string
// is a list of one.
type Inputs struct {
	List  []Reference
	Named []NamedInput // in the order of the document
	Pos   Pos
}

// NamedInput binds a slot.
type NamedInput struct {
	Slot string
	Refs []Reference // usually one
	Pos  Pos
}

// Reference names an input or a node, or "$item" / "$item[0]" in a fan-out.
type Reference struct {
	Name string
	Pos  Pos
}

// Text is an expression or another string that the planner reads.
type Text struct {
	Text string
	Pos  Pos // of the first character of Text
}

// Value is a config value with its position. Strings may hold ${...}, which
// the planner evaluates.
type Value struct {
	Pos    Pos
	Start  Pos     // of the first character of a string, behind its quote; otherwise as Pos
	Scalar any     // nil, bool, float64 or string, when Items and Fields are nil
	Items  []Value // a list, non-nil
	Fields []Field // a map, non-nil, in the order of the document
}

// Field is one entry of a map.
type Field struct {
	Key   string
	Pos   Pos // of the key
	Value Value
}

// Plain returns the value as map[string]any, []any and scalars.
func (v Value) Plain() any {
	switch {
	case v.Fields != nil:
		out := make(map[string]any, len(v.Fields))
		for _, f := range v.Fields {
			out[f.Key] = f.Value.Plain()
		}
		return out
	case v.Items != nil:
		out := make([]any, len(v.Items))
		for i, item := range v.Items {
			out[i] = item.Plain()
		}
		return out
	}
	return v.Scalar
}

// Pos is a place in a document; both count from 1, columns in characters. The
// zero value is unknown.
type Pos struct{ Line, Col int }

// Fault is one thing that is wrong with a recipe or with what it was given.
type Fault struct {
	File    string
	Pos     Pos
	Message string // what is wrong and what to do, with a suggestion where one is near
}

// Error returns "film.yaml:12:7: message".
func (f Fault) Error() string {
	where := f.File
	if f.Pos.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", where, f.Pos.Line, f.Pos.Col)
	}
	return strings.TrimPrefix(where+": ", ": ") + f.Message
}

// Faults is every fault found, in the order of the document.
type Faults []Fault

// Error returns one line per fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}
