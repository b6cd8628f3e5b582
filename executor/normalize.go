package executor

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/artdag/artdag/dag"
)

// maxString is the longest string in a config, in bytes.
const maxString = 64 << 10

// Normalize returns config with defaults filled in and every value in its
// normal form, or all its faults as dag.ConfigErrors. A null is an absent key.
// Explicit defaults and absent keys have the same result, so they have the
// same identity.
func (s Spec) Normalize(config map[string]any) (map[string]any, error) {
	var n normalizer
	out := n.object(s.Keys, config, nil)
	if len(n.faults) > 0 {
		return nil, n.faults
	}
	return out, nil
}

// normalizer collects faults while it walks a config beside its declaration.
type normalizer struct{ faults dag.ConfigErrors }

func (n *normalizer) fault(path []string, format string, args ...any) any {
	n.faults = append(n.faults, dag.ConfigError{Path: slices.Clone(path), Message: fmt.Sprintf(format, args...), Form: true})
	return nil
}

func (n *normalizer) object(keys []Key, config map[string]any, path []string) map[string]any {
	out := make(map[string]any, len(keys))
	for _, key := range keys {
		value, given := config[key.Name]
		at := append(slices.Clip(path), key.Name)
		switch {
		case given && value != nil:
			if v := n.value(key, value, at); v != nil {
				out[key.Name] = v
			}
		case key.Required:
			n.fault(path, "%s is missing: %s", key.Name, key.describe())
		case key.Default != nil:
			out[key.Name] = n.value(key, key.Default, at)
		}
	}
	n.unknown(keys, config, path)
	return out
}

func (n *normalizer) unknown(keys []Key, config map[string]any, path []string) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.Name
	}
	for _, name := range sortedKeys(config) {
		if slices.Contains(names, name) {
			continue
		}
		allowed := "no keys are allowed here"
		if len(names) > 0 {
			allowed = "allowed are " + strings.Join(names, ", ")
		}
		n.faults = append(n.faults, dag.ConfigError{
			Path: append(slices.Clone(path), name), Unknown: true,
			Message: fmt.Sprintf("unknown key%s; %s", dag.Suggest(name, names), allowed),
		})
	}
}

// value returns the normal form, or nil after noting a fault.
func (n *normalizer) value(key Key, value any, path []string) any {
	for _, also := range key.Also {
		if form, err := scalar(also, key, value); err == nil {
			return form
		}
	}
	switch key.Type {
	case List:
		return n.list(key, value, path)
	case Object:
		fields, ok := value.(map[string]any)
		if !ok {
			return n.fault(path, "want %s, got %s", key.describe(), show(value))
		}
		return n.object(key.Keys, fields, path)
	}
	form, err := scalar(key.Type, key, value)
	if err != nil {
		return n.fault(path, "%v", err)
	}
	return form
}

func (n *normalizer) list(key Key, value any, path []string) any {
	items, ok := value.([]any)
	if !ok {
		return n.fault(path, "want %s, got %s", key.describe(), show(value))
	}
	if len(items) < key.MinLen || key.MaxLen > 0 && len(items) > key.MaxLen {
		return n.fault(path, "want %s, got %d elements", key.describe(), len(items))
	}
	out := make([]any, len(items))
	for i, item := range items {
		at := append(slices.Clip(path), strconv.Itoa(i))
		if item == nil {
			n.fault(at, "want %s, got nothing", key.Elem.describe())
			continue
		}
		out[i] = n.value(*key.Elem, item, at)
	}
	return out
}

// scalar reads a value that is neither list nor map.
func scalar(t KeyType, key Key, value any) (any, error) {
	key.Type = t
	switch t {
	case Number, Integer:
		return number(key, value)
	case Boolean:
		if b, ok := value.(bool); ok {
			return b, nil
		}
	case String:
		return text(key, value)
	case Choice:
		return choice(key, value)
	case Color:
		if s, ok := value.(string); ok {
			return ParseColor(s)
		}
	case Size:
		return size(key, value)
	case FPS:
		return fps(value)
	case Percent:
		return percent(value)
	}
	return nil, key.mismatch(value)
}

func (k Key) mismatch(value any) error {
	return fmt.Errorf("want %s, got %s", k.describe(), show(value))
}

func number(key Key, value any) (any, error) {
	f, ok := float(value)
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, key.mismatch(value)
	}
	outside := key.Min != nil && f < *key.Min || key.Max != nil && f > *key.Max || key.Above != nil && f <= *key.Above
	if outside || key.Type == Integer && f != math.Trunc(f) {
		return nil, key.mismatch(value)
	}
	return f, nil
}

func float(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

func text(key Key, value any) (any, error) {
	s, ok := value.(string)
	limit := key.MaxLen
	if limit == 0 {
		limit = maxString
	}
	if !ok || len(s) > limit || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return nil, key.mismatch(value)
	}
	return s, nil
}

func choice(key Key, value any) (any, error) {
	s, ok := value.(string)
	if !ok || !slices.Contains(key.Choices, s) {
		return nil, fmt.Errorf("want %s, got %s%s", key.describe(), show(value), dag.Suggest(s, key.Choices))
	}
	return s, nil
}

func size(key Key, value any) (any, error) {
	var width, height any
	switch v := value.(type) {
	case []any:
		if len(v) != 2 {
			return nil, key.mismatch(value)
		}
		width, height = v[0], v[1]
	case string:
		w, h, _ := strings.Cut(v, "x")
		wn, err1 := strconv.Atoi(w)
		hn, err2 := strconv.Atoi(h)
		if err1 != nil || err2 != nil {
			return nil, key.mismatch(value)
		}
		width, height = wn, hn
	default:
		return nil, key.mismatch(value)
	}
	side := Key{Type: Integer, Min: Bound(1), Max: Bound(32768)}
	w, err1 := number(side, width)
	h, err2 := number(side, height)
	if err1 != nil || err2 != nil {
		return nil, key.mismatch(value)
	}
	return []any{w, h}, nil
}

func fps(value any) (any, error) {
	key := Key{Type: FPS}
	var rate dag.Rate
	var err error
	switch v := value.(type) {
	case string:
		rate, err = dag.ParseRate(v)
	default:
		f, ok := float(value)
		if !ok {
			return nil, key.mismatch(value)
		}
		rate, err = dag.RateOf(f)
	}
	if err != nil {
		return nil, key.mismatch(value)
	}
	if rate.Den == 1 {
		return float64(rate.Num), nil
	}
	return rate.String(), nil
}

func percent(value any) (any, error) {
	s, ok := value.(string)
	digits, marked := strings.CutSuffix(s, "%")
	f, err := strconv.ParseFloat(digits, 64)
	if !ok || !marked || err != nil || !(f >= 0 && f <= 100) {
		return nil, Key{Type: Percent}.mismatch(value)
	}
	return strconv.FormatFloat(f, 'f', -1, 64) + "%", nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
