package expr

import (
	"fmt"
	"math"
	"slices"

	"github.com/artdag/artdag/dag"
)

// numbers returns a list as doubles.
func numbers(l *limits, what string, v any) ([]float64, error) {
	list, err := wantList(what, v)
	if err != nil {
		return nil, err
	}
	if err := l.grow(list.len()); err != nil {
		return nil, err
	}
	out := make([]float64, list.len())
	for i := range out {
		f, ok := list.number(i)
		if !ok {
			return nil, notNumber(what, i, list)
		}
		out[i] = f
	}
	return out, nil
}

// sum is an integer when all elements are.
func sum(l *limits, args []any) (any, error) {
	list, err := wantList("sum", args[0])
	if err != nil {
		return nil, err
	}
	if err := l.spend(2 * list.len()); err != nil {
		return nil, err
	}
	total, whole := 0.0, true
	for i := range list.len() {
		f, ok := list.number(i)
		if !ok {
			return nil, notNumber("sum", i, list)
		}
		total += f
		whole = whole && f == math.Trunc(f)
		if whole && math.Abs(total) > maxInteger {
			return nil, errBeyond
		}
	}
	if whole {
		return int(total), nil
	}
	return total, nil
}

func notNumber(what string, i int, l list) error {
	return fmt.Errorf("%s: element %d: want a number, got %s", what, i, describe(l.at(i)))
}

func mean(l *limits, args []any) (any, error) {
	values, err := someNumbers(l, "mean", args[0])
	if err != nil {
		return nil, err
	}
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total / float64(len(values)), nil
}

func median(l *limits, args []any) (any, error) {
	values, err := someNumbers(l, "median", args[0])
	if err != nil {
		return nil, err
	}
	if err := l.spend(20 * len(values)); err != nil {
		return nil, err
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2, nil
}

func someNumbers(l *limits, what string, v any) ([]float64, error) {
	values, err := numbers(l, what, v)
	if err == nil && len(values) == 0 {
		err = fmt.Errorf("%s: the list is empty", what)
	}
	return values, err
}

func smallest(l *limits, args []any) (any, error) { return extreme(l, "min", args, -1) }
func largest(l *limits, args []any) (any, error)  { return extreme(l, "max", args, 1) }

// extreme takes one list, or several numbers.
func extreme(l *limits, what string, args []any, sign int) (any, error) {
	items := list{anys: args}
	if inner, ok := listOf(args[0]); ok && len(args) == 1 {
		items = inner
	}
	if items.len() == 0 {
		return nil, fmt.Errorf("%s: the list is empty", what)
	}
	if err := l.spend(items.len()); err != nil {
		return nil, err
	}
	best, at := math.Inf(-sign), 0
	for i := range items.len() {
		f, ok := items.number(i)
		if !ok {
			return nil, notNumber(what, i, items)
		}
		if f > best == (sign > 0) && f != best {
			best, at = f, i
		}
	}
	return items.at(at), nil
}

// ranged counts as Python does: the end is not part of it.
func ranged(l *limits, args []any) (any, error) {
	from, to := 0, args[len(args)-1]
	if len(args) == 2 {
		start, err := wantWhole("range", args[0])
		if err != nil {
			return nil, err
		}
		from = start
	}
	end, err := wantWhole("range", to)
	if err != nil {
		return nil, err
	}
	return counting(l, from, end)
}

// inclusive is from..to.
func inclusive(l *limits, args []any) (any, error) {
	from, err := wantWhole("..", args[0])
	if err != nil {
		return nil, err
	}
	to, err := wantWhole("..", args[1])
	if err != nil {
		return nil, err
	}
	return counting(l, from, to+1)
}

// counting returns from, from+1, ..., end-1.
func counting(l *limits, from, end int) (any, error) {
	n := max(end-from, 0)
	if err := l.grow(n); err != nil {
		return nil, err
	}
	out := make([]int, n)
	for i := range out {
		out[i] = from + i
	}
	return out, nil
}

func wantWhole(what string, v any) (int, error) {
	f, err := wantNumber(what, v)
	if err != nil {
		return 0, err
	}
	if f != math.Trunc(f) || math.Abs(f) > maxInteger {
		return 0, fmt.Errorf("%s: %v is not an integer", what, f)
	}
	return int(f), nil
}

// linspace returns n numbers from the first to the last, evenly spaced.
func linspace(l *limits, args []any) (any, error) {
	from, to, err := twoNumbers("linspace", args)
	if err != nil {
		return nil, err
	}
	n, err := wantWhole("linspace", args[2])
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("linspace: want at least 1 number, got %d", n)
	}
	if err := l.grow(n); err != nil {
		return nil, err
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = from + (to-from)*float64(i)/float64(max(n-1, 1))
	}
	out[n-1] = to // not off by the last bit
	if n == 1 {
		out[0] = from
	}
	return out, nil
}

// snap moves each time to the start of the nearest frame, exactly as cuts are
// counted in frames.
func snap(l *limits, args []any) (any, error) {
	times, err := numbers(l, "snap", args[0])
	if err != nil {
		return nil, err
	}
	rate, err := frameRate(args[1])
	if err != nil {
		return nil, fmt.Errorf("snap: %w", err)
	}
	for i, t := range times {
		times[i] = rate.Seconds(rate.Frames(t))
	}
	return times, nil
}

// frameRate reads 25, 29.97 or "30000/1001".
func frameRate(v any) (dag.Rate, error) {
	if s, ok := v.(string); ok {
		return dag.ParseRate(s)
	}
	f, err := wantNumber("frame rate", v)
	if err != nil {
		return dag.Rate{}, err
	}
	return dag.RateOf(f)
}
