package dag

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// longestName bounds the work of Suggest: nobody mistypes a name longer than
// this, but an attacker may send one.
const longestName = 64

// Suggest returns " (did you mean X?)", where X is the allowed name nearest to
// got, or "" when none is near. The first of several equally near wins.
func Suggest(got string, allowed []string) string {
	if got == "" || len(got) > longestName {
		return ""
	}
	length := utf8.RuneCountInString(got)
	lower := strings.ToLower(got)
	best, bestDistance := "", 1+max(1, length/3)
	for _, name := range allowed {
		if name == "" || len(name) > longestName || name == got {
			continue
		}
		if difference := length - utf8.RuneCountInString(name); max(difference, -difference) >= bestDistance {
			continue
		}
		if d := distance(lower, strings.ToLower(name)); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours cost one each.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, above, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range above {
		above[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(y)]
}
