package expr

import (
	"fmt"
	"math/bits"
	"slices"
)

// sorted returns a list of numbers, or of texts, in ascending order, or in
// descending order with "desc".
func sorted(l *limits, args []any) (any, error) {
	list, err := wantList("sort", args[0])
	if err != nil {
		return nil, err
	}
	out, err := list.copied(l)
	if err != nil {
		return nil, err
	}
	return out, sortStable(l, out, args[1:], func(v any) any { return v })
}

// sortBy sorts [element, key] pairs, which guard made, and returns the
// elements.
func sortBy(l *limits, args []any) (any, error) {
	list, err := wantList("sortBy", args[0])
	if err != nil {
		return nil, err
	}
	out, err := list.copied(l)
	if err != nil {
		return nil, err
	}
	err = sortStable(l, out, args[1:], func(v any) any { return v.([]any)[1] })
	for i, pair := range out {
		out[i] = pair.([]any)[0]
	}
	return out, err
}

func sortStable(l *limits, items []any, order []any, key func(any) any) error {
	sign, err := direction(order)
	if err != nil {
		return err
	}
	if err := l.spend(4 * len(items) * bits.Len(uint(len(items)))); err != nil {
		return err
	}
	var fault error
	slices.SortStableFunc(items, func(a, b any) int {
		if fault != nil {
			return 0
		}
		c, err := compare(l, key(a), key(b))
		fault = err
		return sign * c
	})
	return fault
}

func direction(order []any) (int, error) {
	if len(order) == 0 || order[0] == "asc" {
		return 1, nil
	}
	if order[0] == "desc" {
		return -1, nil
	}
	return 0, fmt.Errorf("the order is asc or desc, not %s", describe(order[0]))
}
