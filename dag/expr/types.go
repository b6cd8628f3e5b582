package expr

import (
	"reflect"

	"github.com/expr-lang/expr/types"
)

// Kind is what a value in scope is.
type Kind int

// The kinds. Any is a value that is not known until it is evaluated.
const (
	Any Kind = iota
	Number
	Integer
	Boolean
	String
	List
	Object
)

// Type declares a value in scope.
type Type struct {
	Kind   Kind
	Elem   *Type           // of a List; nil for elements of any kind
	Fields map[string]Type // of an Object; nil when its fields are not declared
}

// ListOf returns the type of lists whose elements are of kind k.
func ListOf(k Kind) Type { return Type{Kind: List, Elem: &Type{Kind: k}} }

// Env declares the names in scope.
type Env map[string]Type

// Scope holds the values of the names that an Env declares: float64, string,
// bool, []any and map[string]any; an Integer may be a float64 too.
type Scope map[string]any

// native returns the type as expr-lang's checker knows it.
func (t Type) native() types.Type {
	switch t.Kind {
	case Number, Integer, Boolean, String:
		return types.TypeOf(reflect.Zero(t.plain()).Interface())
	case List:
		return types.TypeOf(reflect.Zero(t.plain()).Interface())
	case Object:
		return objectType(t.Fields)
	}
	return types.Any
}

// plain returns the Go type that stands for t where natures cannot nest.
func (t Type) plain() reflect.Type {
	switch t.Kind {
	case Number:
		return reflect.TypeFor[float64]()
	case Integer:
		return reflect.TypeFor[int]()
	case Boolean:
		return reflect.TypeFor[bool]()
	case String:
		return reflect.TypeFor[string]()
	case Object:
		return reflect.TypeFor[map[string]any]()
	case List:
		if t.Elem != nil {
			return reflect.SliceOf(t.Elem.plain())
		}
		return reflect.TypeFor[[]any]()
	}
	return reflect.TypeFor[any]()
}

func objectType(fields map[string]Type) types.Type {
	if fields == nil {
		return types.TypeOf(map[string]any{})
	}
	out := make(types.Map, len(fields))
	for name, field := range fields {
		out[name] = field.native()
	}
	return out
}
