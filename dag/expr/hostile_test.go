package expr_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/dag/expr"
)

// doubled returns let a0=START; let a1=a0+a0; ... and ends with the last.
func doubled(name, start, join string, n int, end string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "let %s0=%s; ", name, start)
	for i := range n {
		fmt.Fprintf(&b, "let %s%d=%s; ", name, i+1, strings.ReplaceAll(join, "X", fmt.Sprint(name, i)))
	}
	return b.String() + strings.ReplaceAll(end, "LAST", fmt.Sprint(name, n))
}

func hostile() map[string]string {
	wide := "#" + strings.Repeat("+#", 200)
	long := doubled("a", `"aaaaaaaa"`, "X+X", 13, "")
	return map[string]string{
		"nested sums":          "let r=1..1000; sum(r, sum(r, sum(r, 1)))",
		"nested deeper":        "let r=1..1000; sum(r, sum(r, sum(r, sum(r, sum(r, 1)))))",
		"wide predicate":       "count(1..1000000, " + wide + " > 0)",
		"wide unknown":         "count(map(1..900000, #), " + wide + " > 0)",
		"million iterations":   "count(1..1000000, # > 0) + count(1..1000000, # > 0)",
		"doubling text":        doubled("a", `"aaaaaaaa"`, "X+X", 40, "LAST"),
		"doubling a list":      doubled("a", "[1,2,3,4]", "concat(X,X)", 40, "LAST"),
		"doubling by sharing":  doubled("a", "[1]", "[X,X]", 90, "LAST"),
		"comparing the shared": doubled("a", "[1]", "[X,X]", 45, "") + doubled("b", "[1]", "[X,X]", 45, "LAST == a45"),
		"writing the shared":   doubled("a", "[1]", "[X,X]", 90, "string(LAST)"),
		"length of long text":  long + "count(1..1000000, len(a13) > 0)",
		"search in long text":  long + "count(1..1000000, a13 contains \"b\")",
		"compare long text":    long + "let b=a12+a12; count(1..1000000, b == a13)",
		"order long text":      long + "let b=a12+a12; count(1..1000000, b <= a13)",
		"long texts":           long + "map(1..100000, a13 + \"\")",
		"long range":           "1..9007199254740991",
		"ranges":               "map(1..1000, 1..1000)",
		"maps":                 "map(1..1000000, {{a: #}})",
		"empty lists":          "map(1..1000000, [])",
		"loops in a loop":      "map(1..1000000, count([true]))",
		"uncounted loops":      "let r=map(1..900000, true); sum(1..1000, count(r))",
		"sums in a loop":       "let r=1..900000; sum(1..1000, sum(r))",
		"extremes in a loop":   "let r=1..900000; sum(1..1000, max(r))",
		"sorts":                "let r=reverse(1..400000); sort(r)[0] + sort(r)[0] + sort(r)[0]",
		"sort in a loop":       "let r=1..1000; map(r, sort(r))",
		"sortBy in a loop":     "let r=1..1000; map(r, sortBy(r, -#))",
		"medians":              "let r=1..1000000; [median(r), median(r), median(r), median(r)]",
		"pairs of pairs":       "let r=1..400000; pairs(pairs(pairs(r)))",
		"search in a list":     "let r=1..1000000; count(r, # in r)",
		"many frames":          "frames(\"1-1000000000\", 1)",
		"single frames":        "frames(\"1-400000\", 1)",
		"linspace":             "linspace(0, 1, 1000000000)",
		"all arguments":        "max(" + strings.Repeat("1,", 480) + "1)",
		"deep brackets":        strings.Repeat("[", 60000),
		"deep not":             strings.Repeat("not ", 15000) + "true",
		"deep minus":           strings.Repeat("-", 60000) + "1",
		"long source":          strings.Repeat("1+", 32000) + "1",
		"comment":              strings.Repeat("/* */", 13000) + "1",
		"powers":               "9**9**9**9**9**9",
	}
}

func TestHostileExpressionsEnd(t *testing.T) {
	for name, source := range hostile() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, err := evaluate(source)
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		megabytes := float64(after.TotalAlloc-before.TotalAlloc) / 1e6
		t.Logf("%-22s %7.3f s %6.1f MB  %.60v", name, took.Seconds(), megabytes, err)
		if megabytes > 100 {
			t.Errorf("%s: allocated %.0f MB; at most 100 are allowed", name, megabytes)
		}
	}
}

// BenchmarkHostile shows the time that the worst expressions take.
func BenchmarkHostile(b *testing.B) {
	for name, source := range hostile() {
		p, err := expr.Compile(source, environment())
		if err != nil {
			continue
		}
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				_, _ = p.Eval(scope())
			}
		})
	}
}
