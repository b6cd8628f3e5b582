package expr

import (
	"errors"
	"reflect"
)

// limitsName is the entry of the environment that counts. Sources cannot name
// it, because scan refuses names with a $.
const limitsName = "$limits"

// function is one that an expression may call.
type function struct {
	types []reflect.Type // its forms, for the checker
	call  call
}

// call does the work of a function or an operator.
type call func(l *limits, args []any) (any, error)

// limited adapts a call to expr-lang: guard puts the limits before the
// arguments.
func limited(f call) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		return f(args[0].(*limits), args[1:])
	}
}

// refuse stands behind the names that the checker knows; guard replaces every
// call to them.
func refuse(...any) (any, error) { return nil, errors.New("a function was called without limits") }

type (
	number1 = func(any) any
	toInt   = func(any) int
	ofList  = func(any) any
)

func forms(samples ...any) []reflect.Type {
	out := make([]reflect.Type, len(samples))
	for i, sample := range samples {
		out[i] = reflect.TypeOf(sample)
	}
	return out
}

// functions are those of our own, beside the builtins with predicates.
var functions = map[string]function{
	"len":      {forms(toInt(nil)), length},
	"abs":      {forms(number1(nil)), absolute},
	"ceil":     {forms(toInt(nil)), whole(ceil)},
	"floor":    {forms(toInt(nil)), whole(floor)},
	"round":    {forms(toInt(nil)), whole(round)},
	"int":      {forms(toInt(nil)), toInteger},
	"float":    {forms(func(any) float64 { return 0 }), toFloat},
	"string":   {forms(func(any) string { return "" }), toString},
	"min":      {forms(func(any, ...any) any { return nil }), smallest},
	"max":      {forms(func(any, ...any) any { return nil }), largest},
	"mean":     {forms(func(any) float64 { return 0 }), mean},
	"median":   {forms(func(any) float64 { return 0 }), median},
	"first":    {forms(ofList(nil)), first},
	"last":     {forms(ofList(nil)), lastOf},
	"sort":     {forms(func(any) []any { return nil }, func(any, string) []any { return nil }), sorted},
	"reverse":  {forms(func(any) []any { return nil }), reversed},
	"concat":   {forms(func(any, ...any) []any { return nil }), concat},
	"range":    {forms(func(any) []int { return nil }, func(any, any) []int { return nil }), ranged},
	"pairs":    {forms(func(any) [][]any { return nil }), pairs},
	"snap":     {forms(func(any, any) []float64 { return nil }), snap},
	"mod":      {forms(func(any, any) any { return nil }), modulo},
	"linspace": {forms(func(any, any, any) []float64 { return nil }), linspace},
	"frames":   {forms(func(string, int) []string { return nil }), frames},
}

// operators are what guard replaces operators and builtins with.
var operators = map[string]call{
	"tick":       iterate,
	"loop":       loop,
	"make":       makeList,
	"map":        madeMap,
	"sum":        sum,
	"sortBy":     sortBy,
	"..":         inclusive,
	"+":          add,
	"-":          subtract,
	"*":          multiply,
	"==":         func(l *limits, args []any) (any, error) { return equal(l, args[0], args[1]) },
	"!=":         func(l *limits, args []any) (any, error) { same, err := equal(l, args[0], args[1]); return !same, err },
	"<":          ordered(func(c int) bool { return c < 0 }),
	"<=":         ordered(func(c int) bool { return c <= 0 }),
	">":          ordered(func(c int) bool { return c > 0 }),
	">=":         ordered(func(c int) bool { return c >= 0 }),
	"in":         isIn,
	"contains":   textual(contains),
	"startsWith": textual(startsWith),
	"endsWith":   textual(endsWith),
}
