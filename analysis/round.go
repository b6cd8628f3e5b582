package analysis

import "math"

// round returns v to that many per unit: round(v, 1000) is to 1 ms. Zero has
// no sign.
func round(v, perUnit float64) float64 { return math.Round(v*perUnit)/perUnit + 0 }

// times rounds to 1 ms and drops what is not later than the one before.
func times(seconds []float64) []float64 {
	out := make([]float64, 0, len(seconds))
	for _, t := range seconds {
		t = round(t, 1000)
		if n := len(out); t >= 0 && (n == 0 || t > out[n-1]) {
			out = append(out, t)
		}
	}
	return out
}
