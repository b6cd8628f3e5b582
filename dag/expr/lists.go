package expr

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// list reads any of the forms that a list has inside the virtual machine.
type list struct {
	anys    []any
	ints    []int
	floats  []float64
	strings []string
	pairs   [][]any
}

func listOf(v any) (list, bool) {
	switch v := v.(type) {
	case []any:
		return list{anys: v}, true
	case []int:
		return list{ints: v}, true
	case []float64:
		return list{floats: v}, true
	case []string:
		return list{strings: v}, true
	case [][]any:
		return list{pairs: v}, true
	}
	return list{}, false
}

func wantList(what string, v any) (list, error) {
	l, ok := listOf(v)
	if !ok {
		return list{}, fmt.Errorf("%s: want a list, got %s", what, describe(v))
	}
	return l, nil
}

// len is the sum because all forms but one are empty.
func (l list) len() int {
	return len(l.anys) + len(l.ints) + len(l.floats) + len(l.strings) + len(l.pairs)
}

func (l list) at(i int) any {
	switch {
	case l.anys != nil:
		return l.anys[i]
	case l.ints != nil:
		return l.ints[i]
	case l.floats != nil:
		return l.floats[i]
	case l.strings != nil:
		return l.strings[i]
	}
	return l.pairs[i]
}

// number returns an element as a double, without the allocation that at may
// cost.
func (l list) number(i int) (float64, bool) {
	switch {
	case l.ints != nil:
		return float64(l.ints[i]), true
	case l.floats != nil:
		return l.floats[i], true
	}
	return number(l.at(i))
}

// copied returns the elements in a new list, and counts them.
func (l list) copied(count *limits) ([]any, error) {
	if err := count.grow(l.len()); err != nil {
		return nil, err
	}
	out := make([]any, l.len())
	for i := range out {
		out[i] = l.at(i)
	}
	return out, nil
}

// iterate counts one iteration, whose cost is given unless it is the least.
func iterate(l *limits, args []any) (any, error) {
	if len(args) == 0 {
		return nil, l.spend(iterationWork)
	}
	return nil, l.spend(args[0].(int))
}

// loop stands before the list of a predicate.
func loop(l *limits, args []any) (any, error) {
	if _, err := wantList("a loop", args[0]); err != nil {
		return nil, err
	}
	return args[0], l.grow(loopCells)
}

// makeList stands before the list of a predicate that makes another list.
func makeList(l *limits, args []any) (any, error) {
	list, err := wantList("a loop", args[0])
	if err != nil {
		return nil, err
	}
	if err := l.grow(list.len()); err != nil {
		return nil, err
	}
	return args[0], l.grow(loopCells)
}

// madeMap counts a map that was just built.
func madeMap(l *limits, args []any) (any, error) {
	return args[0], l.grow(mapCells + 2*len(args[0].(map[string]any)))
}

func length(l *limits, args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return utf8.RuneCountInString(v), l.spend(1 + len(v)/8)
	case map[string]any:
		return len(v), nil
	}
	list, err := wantList("len", args[0])
	return list.len(), err
}

func first(_ *limits, args []any) (any, error)  { return element("first", args[0], false) }
func lastOf(_ *limits, args []any) (any, error) { return element("last", args[0], true) }

func element(what string, v any, fromEnd bool) (any, error) {
	list, err := wantList(what, v)
	switch {
	case err != nil:
		return nil, err
	case list.len() == 0:
		return nil, fmt.Errorf("%s: the list is empty", what)
	case fromEnd:
		return list.at(list.len() - 1), nil
	}
	return list.at(0), nil
}

func reversed(l *limits, args []any) (any, error) {
	list, err := wantList("reverse", args[0])
	if err != nil {
		return nil, err
	}
	out, err := list.copied(l)
	slices.Reverse(out)
	return out, err
}

func concat(l *limits, args []any) (any, error) {
	out := []any{}
	for _, arg := range args {
		list, err := wantList("concat", arg)
		if err != nil {
			return nil, err
		}
		if len(out)+list.len() > MaxList {
			return nil, errTooLarge
		}
		part, err := list.copied(l)
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

// pairs joins neighbours: [a, b, c] becomes [[a, b], [b, c]].
func pairs(l *limits, args []any) (any, error) {
	list, err := wantList("pairs", args[0])
	if err != nil {
		return nil, err
	}
	n := max(list.len()-1, 0)
	if err := l.grow(n); err != nil {
		return nil, err
	}
	if err := l.grow(n); err != nil { // each pair is a list of its own
		return nil, err
	}
	out := make([][]any, n)
	both := make([]any, 2*n)
	for i := range out {
		pair := both[2*i : 2*i+2 : 2*i+2]
		pair[0], pair[1] = list.at(i), list.at(i+1)
		out[i] = pair
	}
	return out, nil
}
