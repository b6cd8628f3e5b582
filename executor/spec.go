package executor

import (
	"fmt"

	"github.com/artdag/artdag/dag"
)

// Spec declares a step type: what Normalize enforces, and what
// `artdag types`, `artdag schema` and forms show.
type Spec struct {
	Name    string // "SEGMENT"
	Version int    // behaviour version; raised by any change that alters the bytes a step produces
	Doc     string // one sentence
	Arity   dag.Arity
	Keys    []Key
	// Example is a config, as YAML flow text: "{offset: 1.5, duration: 2}".
	Example string
}

// Type returns the versioned name.
func (s Spec) Type() string { return fmt.Sprintf("%s@%d", s.Name, s.Version) }

// Inputs returns the declared inputs.
func (s Spec) Inputs() dag.Arity { return s.Arity }

// Key declares one config key, or the elements of a list.
type Key struct {
	Name     string
	Doc      string
	Type     KeyType
	Unit     string // "s", "px", "dB"; empty for none
	Default  any    // filled in when absent; nil: stays absent
	Required bool
	Min, Max *float64 // inclusive, for numbers and for each number of a Size
	Above    *float64 // exclusive lower bound
	Choices  []string // for Choice
	Elem     *Key     // for List: what each element is
	MinLen   int      // for List
	MaxLen   int      // for List and String; 0 is no bound but that of recipes
	Keys     []Key    // for Object
	// Also lists further types that are accepted: a number where a string is
	// usual ("10%" or 1.5).
	Also []KeyType
}

// KeyType is the form of a value.
type KeyType string

// The key types, with their normal form.
const (
	Number  KeyType = "number"
	Integer KeyType = "integer"
	Boolean KeyType = "boolean"
	String  KeyType = "string"
	Choice  KeyType = "choice"  // one of Choices
	Color   KeyType = "color"   // a CSS basic name or #rrggbb[aa]; normal form lower-case #rrggbb or #rrggbbaa
	Size    KeyType = "size"    // [width, height] or "1280x720"; normal form a list of two integers
	FPS     KeyType = "fps"     // a number or "30000/1001"; normal form an integer, or the exact fraction as a string
	Percent KeyType = "percent" // "10%"; normal form a string
	List    KeyType = "list"
	Object  KeyType = "object"
)

// Bound returns a pointer to v, for Min, Max and Above.
func Bound(v float64) *float64 { return &v }
