package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// result is one row. Ours and Theirs have the same unit; Theirs is 0 where
// nothing stands beside.
type result struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Ours   float64 `json:"ours"`
	Theirs float64 `json:"theirs,omitempty"`
	Ratio  float64 `json:"ratio,omitempty"` // ours / theirs: the median over the pairs
	Beside string  `json:"beside,omitempty"`
	Goal   goal    `json:"goal"`
	Met    bool    `json:"met"`
	Pairs  int     `json:"pairs,omitempty"`
	Failed string  `json:"failed,omitempty"` // why there is no figure
}

// goal bounds a figure of a row from one side.
type goal struct {
	Of    string  `json:"of"`    // "ours", "ratio", "difference" (ours - theirs)
	Least bool    `json:"least"` // at least Bound; else at most
	Bound float64 `json:"bound"`
}

func atMost(of string, bound float64) goal  { return goal{Of: of, Bound: bound} }
func atLeast(of string, bound float64) goal { return goal{Of: of, Bound: bound, Least: true} }

// judged returns the row with its verdict. A row without a goal is there for
// what it says.
func (r result) judged() result {
	value := map[string]float64{"ours": r.Ours, "ratio": r.Ratio, "difference": r.Ours - r.Theirs}[r.Goal.Of]
	r.Met = value <= r.Goal.Bound
	if r.Goal.Least {
		r.Met = value >= r.Goal.Bound
	}
	return r
}

// text is the goal as the table shows it.
func (g goal) text(unit string) string {
	if g.Of == "" {
		return "-"
	}
	sign := "<="
	if g.Least {
		sign = ">="
	}
	switch g.Of {
	case "ratio":
		return fmt.Sprintf("ratio %s %v", sign, g.Bound)
	case "difference":
		return fmt.Sprintf("ours - theirs %s %s", sign, figure(g.Bound, unit))
	}
	return fmt.Sprintf("%s %s", sign, figure(g.Bound, unit))
}

// timed is one side of a pair: it prepares, measures one go and returns
// seconds, or another figure of the row's unit.
type timed func() (float64, error)

// alternate runs both sides n times in turn and returns the medians. The ratio
// is the median of the pairs' ratios.
func alternate(n int, ours, theirs timed) (result, error) {
	var a, b, ratios []float64
	for range n {
		x, err := ours()
		if err != nil {
			return result{}, fmt.Errorf("ours: %w", err)
		}
		y, err := theirs()
		if err != nil {
			return result{}, fmt.Errorf("theirs: %w", err)
		}
		a, b, ratios = append(a, x), append(b, y), append(ratios, x/y)
	}
	return result{Unit: "s", Ours: median(a), Theirs: median(b), Ratio: median(ratios), Pairs: n}, nil
}

// alone runs one side n times and returns the median.
func alone(n int, ours timed) (result, error) {
	var a []float64
	for range n {
		x, err := ours()
		if err != nil {
			return result{}, err
		}
		a = append(a, x)
	}
	return result{Unit: "s", Ours: median(a), Pairs: n}, nil
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// seconds measures one call.
func seconds(do func() error) (float64, error) {
	began := time.Now()
	err := do()
	return time.Since(began).Seconds(), err
}
