// Package recipe reads, validates and prints recipes: what the artist writes.
// It is pure: no I/O, no clock, no randomness.
//
//	text -> tokens -> tree of Values -> Recipe     Parse
//	                       |
//	                       +-> text                Format
//
// The text is YAML, read by goccy/go-yaml with rules of our own on top, or
// JSON. Both are hostile until validated, so everything that costs more than
// its length is refused before it is built: aliases, tags, deep nesting.
//
// The form of the original system (dag: {nodes, output}, SOURCE nodes) becomes
// the native tree first, so that only one form is validated and printed.
//
// Parse finds what is wrong with the structure. What a step type takes and
// what an expression means is the planner's part.
package recipe
