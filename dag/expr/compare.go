package expr

import (
	"cmp"
	"fmt"
	"strings"
)

// compare orders two numbers or two texts.
func compare(l *limits, a, b any) (int, error) {
	x, ok1 := number(a)
	y, ok2 := number(b)
	if ok1 && ok2 {
		return cmp.Compare(x, y), nil
	}
	s, ok1 := a.(string)
	t, ok2 := b.(string)
	if !ok1 || !ok2 {
		return 0, fmt.Errorf("cannot compare %s with %s", describe(a), describe(b))
	}
	return strings.Compare(s, t), l.read(s)
}

func ordered(want func(int) bool) call {
	return func(l *limits, args []any) (any, error) {
		c, err := compare(l, args[0], args[1])
		return want(c), err
	}
}

// equal compares by value, lists and maps too. Values of different kinds are
// not equal.
func equal(l *limits, a, b any) (bool, error) {
	if err := l.spend(4); err != nil {
		return false, err
	}
	x, ok1 := number(a)
	y, ok2 := number(b)
	if ok1 || ok2 {
		return ok1 && ok2 && x == y, nil
	}
	switch a := a.(type) {
	case nil:
		return b == nil, nil
	case bool:
		other, ok := b.(bool)
		return ok && a == other, nil
	case string:
		other, ok := b.(string)
		return ok && a == other, l.read(a)
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(a) != len(other) {
			return false, nil
		}
		return equalMaps(l, a, other)
	}
	return equalLists(l, a, b)
}

func equalMaps(l *limits, a, b map[string]any) (bool, error) {
	for key, v := range a {
		w, there := b[key]
		if !there {
			return false, nil
		}
		if same, err := equal(l, v, w); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

func equalLists(l *limits, a, b any) (bool, error) {
	x, ok1 := listOf(a)
	y, ok2 := listOf(b)
	if !ok1 || !ok2 || x.len() != y.len() {
		return false, nil
	}
	for i := range x.len() {
		if same, err := equal(l, x.at(i), y.at(i)); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// isIn looks for an element of a list, a key of a map or a part of a text.
func isIn(l *limits, args []any) (any, error) {
	switch holder := args[1].(type) {
	case map[string]any:
		key, _ := args[0].(string)
		_, there := holder[key]
		return there, nil
	case string:
		return textual(contains)(l, []any{holder, args[0]})
	}
	list, err := wantList("in", args[1])
	if err != nil {
		return nil, err
	}
	for i := range list.len() {
		if same, err := equal(l, args[0], list.at(i)); same || err != nil {
			return same, err
		}
	}
	return false, nil
}

func contains(s, part string) bool   { return strings.Contains(s, part) }
func startsWith(s, part string) bool { return strings.HasPrefix(s, part) }
func endsWith(s, part string) bool   { return strings.HasSuffix(s, part) }

func textual(test func(s, part string) bool) call {
	return func(l *limits, args []any) (any, error) {
		s, ok1 := args[0].(string)
		part, ok2 := args[1].(string)
		if !ok1 || !ok2 {
			return nil, fmt.Errorf("want two texts, got %s and %s", describe(args[0]), describe(args[1]))
		}
		// Searching reads a text once for each of a few characters of the part.
		return test(s, part), l.spend(1 + (len(s)+len(part))/8)
	}
}
