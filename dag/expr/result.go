package expr

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// maxInteger is the largest integer that a double holds with all smaller ones.
const maxInteger = 1<<53 - 1

var errBeyond = errors.New("an integer beyond 2^53-1; numbers are doubles")

// result turns what the virtual machine gave into a value as JSON has them.
// Shared parts are copied, and counted as often as they are there.
func (l *limits) result(v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, errors.New("the result is nothing")
	case bool:
		return v, nil
	case int:
		return wholeResult(v)
	case float64:
		return numberResult(v)
	case string:
		return textResult(v)
	case []any:
		return listResult(l, v)
	case []int:
		return listResult(l, v)
	case []float64:
		return listResult(l, v)
	case []string:
		return listResult(l, v)
	case [][]any:
		return listResult(l, v)
	case map[string]any:
		return l.mapResult(v)
	}
	return nil, fmt.Errorf("the result is %s, which a recipe cannot hold", describe(v))
}

func wholeResult(v int) (any, error) {
	if v > maxInteger || v < -maxInteger {
		return nil, fmt.Errorf("the result is %d: %w", v, errBeyond)
	}
	return float64(v), nil
}

func numberResult(v float64) (any, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("the result is %v, not a number that can be used; was something divided by 0?", v)
	}
	return v + 0, nil // -0 becomes 0
}

func textResult(s string) (any, error) {
	switch {
	case len(s) > MaxString:
		return nil, errString
	case !utf8.ValidString(s):
		return nil, errors.New("the result is text cut inside a character")
	}
	return s, nil
}

func listResult[T any](l *limits, list []T) (any, error) {
	if err := l.enter(len(list)); err != nil {
		return nil, err
	}
	defer l.leave()
	out := make([]any, len(list))
	for i, item := range list {
		v, err := l.result(item)
		if err != nil {
			return nil, l.inside(fmt.Sprintf("element %d", i), err)
		}
		out[i] = v
	}
	return out, nil
}

func (l *limits) mapResult(m map[string]any) (any, error) {
	if err := l.enter(mapCells + len(m)); err != nil {
		return nil, err
	}
	defer l.leave()
	out := make(map[string]any, len(m))
	for key, item := range m {
		if _, err := textResult(key); err != nil {
			return nil, err
		}
		v, err := l.result(item)
		if err != nil {
			return nil, l.inside(clip(key), err)
		}
		out[key] = v
	}
	return out, nil
}

func (l *limits) enter(cells int) error {
	if l.level++; l.level > maxLevels {
		return errors.New("the result is nested more than 64 levels deep")
	}
	return l.grow(cells)
}

func (l *limits) leave() { l.level-- }

// inside names the place of a fault, at the outermost level alone: what is
// deeper may be as deep as an attacker likes.
func (l *limits) inside(place string, err error) error {
	if l.level > 1 {
		return err
	}
	return fmt.Errorf("%s: %w", place, err)
}
