package expr

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
)

// number returns v as a double; integers become one too.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func wantNumber(what string, v any) (float64, error) {
	f, ok := number(v)
	if !ok {
		return 0, fmt.Errorf("%s: want a number, got %s", what, describe(v))
	}
	return f, nil
}

// integer refuses what a double could not hold.
func integer(v int) (any, error) {
	if v > maxInteger || v < -maxInteger {
		return nil, errBeyond
	}
	return v, nil
}

func fromFloat(f float64) (any, error) {
	if !(math.Abs(f) <= maxInteger) {
		return nil, fmt.Errorf("%v: %w", f, errBeyond)
	}
	return int(f), nil
}

func add(l *limits, args []any) (any, error) {
	a, isText := args[0].(string)
	b, both := args[1].(string)
	if isText && both {
		if len(a)+len(b) > MaxString {
			return nil, errString
		}
		return a + b, l.grow(1 + (len(a)+len(b))/16)
	}
	return arithmetic("+", args, func(x, y int) (int, bool) { return x + y, true }, func(x, y float64) float64 { return x + y })
}

func subtract(_ *limits, args []any) (any, error) {
	return arithmetic("-", args, func(x, y int) (int, bool) { return x - y, true }, func(x, y float64) float64 { return x - y })
}

func multiply(_ *limits, args []any) (any, error) {
	return arithmetic("*", args, product, func(x, y float64) float64 { return x * y })
}

func product(x, y int) (int, bool) {
	z := x * y
	return z, math.Abs(float64(x)*float64(y)) <= maxInteger
}

// arithmetic keeps integers integers. Operands are within 2^53, so a sum or a
// difference cannot wrap.
func arithmetic(op string, args []any, whole func(x, y int) (int, bool), real func(x, y float64) float64) (any, error) {
	a, isInt := args[0].(int)
	b, both := args[1].(int)
	if isInt && both {
		if c, ok := whole(a, b); ok {
			return integer(c)
		}
		return nil, errBeyond
	}
	x, ok1 := number(args[0])
	y, ok2 := number(args[1])
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("cannot do %s %s %s", describe(args[0]), op, describe(args[1]))
	}
	return real(x, y), nil
}

// modulo has the sign of the divisor, so that it wraps around from below.
func modulo(_ *limits, args []any) (any, error) {
	a, b, err := twoNumbers("mod", args)
	if err != nil {
		return nil, err
	}
	if b == 0 {
		return nil, fmt.Errorf("mod: %v divided by 0", a)
	}
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	_, isInt := args[0].(int)
	if _, both := args[1].(int); isInt && both {
		return int(r), nil
	}
	return r, nil
}

func twoNumbers(what string, args []any) (float64, float64, error) {
	a, err := wantNumber(what, args[0])
	if err != nil {
		return 0, 0, err
	}
	b, err := wantNumber(what, args[1])
	return a, b, err
}

func absolute(_ *limits, args []any) (any, error) {
	switch v := args[0].(type) {
	case int:
		return max(v, -v), nil
	case float64:
		return math.Abs(v), nil
	}
	return nil, fmt.Errorf("abs: want a number, got %s", describe(args[0]))
}

func ceil(f float64) float64  { return math.Ceil(f) }
func floor(f float64) float64 { return math.Floor(f) }
func round(f float64) float64 { return math.Round(f) }

func whole(to func(float64) float64) call {
	return func(_ *limits, args []any) (any, error) {
		f, err := wantNumber("rounding", args[0])
		if err != nil {
			return nil, err
		}
		return fromFloat(to(f))
	}
}

// toInteger cuts off the fraction, and reads text.
func toInteger(l *limits, args []any) (any, error) {
	f, err := toFloat(l, args)
	if err != nil {
		return nil, err
	}
	return fromFloat(math.Trunc(f.(float64)))
}

func toFloat(_ *limits, args []any) (any, error) {
	s, isText := args[0].(string)
	if !isText {
		f, err := wantNumber("to number", args[0])
		return f, err
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("%q is not a number", clip(s))
	}
	return f, nil
}

// toString writes a value as it would stand amid other text.
func toString(l *limits, args []any) (any, error) {
	v, err := l.result(args[0])
	if err != nil {
		return nil, err
	}
	s, err := text(v)
	if err != nil {
		return nil, err
	}
	return s, l.grow(1 + len(s)/16)
}

// text returns strings as they are, all else as canonical JSON (RFC 8785).
func text(v any) (string, error) {
	s, isText := v.(string)
	if !isText {
		canonical, err := dag.Canonical(v)
		if err != nil {
			return "", err
		}
		s = string(canonical)
	}
	if len(s) > MaxString {
		return "", errString
	}
	return s, nil
}
