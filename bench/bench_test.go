package main

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   []float64
		want float64
	}{
		{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(test.in); got != test.want {
			t.Errorf("median(%v) = %v, want %v", test.in, got, test.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing = %v, want NaN", got)
	}
}

// The two sides take turns, and the ratio is that of pairs: a machine that
// slows down in between changes both sides of a pair alike.
func TestAlternate(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	slow := 1.0
	side := func(name string, cost float64) timed {
		return func() (float64, error) { order.WriteString(name); slow *= 1.001; return cost * slow, nil }
	}
	row, err := alternate(3, side("a", 2), side("b", 1))
	if err != nil || order.String() != "ababab" || math.Abs(row.Ratio-2) > 0.01 || row.Pairs != 3 {
		t.Errorf("alternate = %+v, %v in the order %s", row, err, order.String())
	}
	broken := errors.New("broken")
	if _, err := alternate(3, side("a", 2), func() (float64, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("alternate with a side that fails = %v, want %v", err, broken)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		row  result
		want bool
	}{
		{result{Ours: 0.2, Goal: atMost("ours", 0.3)}, true},
		{result{Ours: 0.4, Goal: atMost("ours", 0.3)}, false},
		{result{Ratio: 1.6, Goal: atMost("ratio", 1.5)}, false},
		{result{Ratio: 0.95, Goal: atLeast("ratio", 0.9)}, true},
		{result{Ratio: 0.8, Goal: atLeast("ratio", 0.9)}, false},
		{result{Ours: 0.3, Theirs: 0.29, Goal: atMost("difference", 0.02)}, true},
		{result{Ours: math.NaN(), Goal: atMost("ours", 1)}, false},
	} {
		if got := test.row.judged().Met; got != test.want {
			t.Errorf("%+v met: %v, want %v", test.row, got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	printTable(&out, []result{
		result{Name: "cuts", Unit: "s", Ours: 1.5, Theirs: 2, Ratio: 0.75, Goal: atMost("ratio", 1.5), Beside: "xargs"}.judged(),
		result{Name: "local", Unit: "s", Ours: 0.4, Goal: atMost("ours", 0.3)}.judged(),
		{Name: "plan", Unit: "s", Ours: 0.01},
		{Name: "index", Failed: "the disk is full"},
	})
	var got [][]string
	for line := range strings.Lines(out.String()) {
		if fields := strings.Fields(line); len(fields) > 0 {
			got = append(got, fields)
		}
	}
	want := [][]string{
		{"name", "ours", "theirs", "ratio", "goal", "beside"},
		{"cuts", "1.5", "s", "2", "s", "0.75", "ratio", "<=", "1.5", "met", "xargs"},
		{"local", "400", "ms", "-", "-", "<=", "300", "ms", "MISSED"},
		{"plan", "10", "ms", "-", "-", "-"},
		{"index", "-", "-", "-", "-", "FAILED", "the", "disk", "is", "full"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	all := measurements()
	if got, err := choose(all, ""); err != nil || len(got) != len(all) {
		t.Errorf("choose all = %d, %v", len(got), err)
	}
	if got, err := choose(all, "store,plan"); err != nil || len(got) != 2 || got[0].name != "store" || got[1].name != "plan" {
		t.Errorf("choose two = %v, %v", got, err)
	}
	if _, err := choose(all, "stroe"); err == nil {
		t.Error("an unknown name was accepted")
	}
}

// What xargs makes of a quoted line are the arguments as they were.
func TestQuoted(t *testing.T) {
	t.Parallel()
	args := []string{"plain", "two words", `quo"te`, "it's", `back\slash`, "", "[v];'a|b'$(c)*"}
	cmd := exec.Command("xargs", "-L", "1", "printf", `%s\n`)
	cmd.Stdin = strings.NewReader(quoted(args) + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Join(args, "\n")+"\n", string(out)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestCopyTree(t *testing.T) {
	t.Parallel()
	from, to := t.TempDir(), t.TempDir()
	err := errors.Join(os.Mkdir(filepath.Join(from, "sub"), 0o755),
		os.WriteFile(filepath.Join(from, "sub", "task"), []byte(`{"out":"old/x"}`), 0o644),
		os.Symlink("old/link", filepath.Join(from, "link")))
	if err != nil {
		t.Fatal(err)
	}
	renamed := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("old"), []byte("new")) }
	if err := copyTree(from, to, renamed); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(to, "sub", "task"))
	target, linkErr := os.Readlink(filepath.Join(to, "link"))
	if err != nil || linkErr != nil || string(text) != `{"out":"new/x"}` || target != "new/link" {
		t.Errorf("copied %s and a link to %s: %v, %v", text, target, err, linkErr)
	}
}

func TestPlanOnce(t *testing.T) {
	t.Parallel()
	if err := planOnce(50); err != nil {
		t.Error(err)
	}
}
