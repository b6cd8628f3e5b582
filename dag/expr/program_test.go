package expr_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag/expr"
)

func environment() expr.Env {
	number := expr.Type{Kind: expr.Number}
	return expr.Env{
		"params": {Kind: expr.Object, Fields: map[string]expr.Type{
			"length": number, "count": {Kind: expr.Integer}, "title": {Kind: expr.String}, "list": {Kind: expr.List},
		}},
		"analysis": {Kind: expr.Object, Fields: map[string]expr.Type{
			"song": {Kind: expr.Object, Fields: map[string]expr.Type{
				"beats": expr.ListOf(expr.Number), "tempo": number,
				"scenes": expr.ListOf(expr.Object),
			}},
		}},
		"item":  {},
		"index": {Kind: expr.Integer},
	}
}

func scope() expr.Scope {
	return expr.Scope{
		"params": map[string]any{"length": 2.0, "count": 3, "title": "A", "list": []any{"x", 2.0, true}},
		"analysis": map[string]any{"song": map[string]any{
			"beats": []any{0.51, 1.02, 1.49, 2.03}, "tempo": 118.5,
			"scenes": []any{map[string]any{"start": 1.0}, map[string]any{"start": 5.0}},
		}},
		"item":  []any{1.5, 4.0},
		"index": 7.0,
	}
}

func evaluate(source string) (any, error) {
	p, err := expr.Compile(source, environment())
	if err != nil {
		return nil, err
	}
	return p.Eval(scope())
}

func TestEval(t *testing.T) {
	t.Parallel()
	list := func(items ...any) []any { return append([]any{}, items...) }
	for _, test := range []struct {
		source string
		want   any
	}{
		{"1 + 2 * 3", 7.0},
		{"7 / 2", 3.5},
		{"2 ** 10", 1024.0},
		{"-3 % 5", 2.0},
		{"5.5 % 2", 1.5},
		{"mod(-1, 3)", 2.0},
		{"mod(1, -3)", -2.0},
		{"mod(index * 1.5, 4)", 2.5},
		{"item[1] - item[0]", 2.5},
		{"item[-1]", 4.0},
		{`"a" + "b" + params.title`, "abA"},
		{`"b" in ["a", "b"]`, true},
		{`"x" not in params.list`, false},
		{`params.title == "A" and not false`, true},
		{`"video.mp4" endsWith ".mp4"`, true},
		{`"video" startsWith "vi" && "video" contains "de"`, true},
		{"[1, 2] == [1.0, 2]", true},
		{"{a: [1]} == {a: [1]}", true},
		{"[1, 2] != [1, 3]", true},
		{"index == 7 ? \"seven\" : \"other\"", "seven"},
		{"if index > 3 { 1 } else { 2 }", 1.0},
		{"let n = params.count; n * n", 9.0},
		{"1..3", list(1.0, 2.0, 3.0)},
		{"range(3)", list(0.0, 1.0, 2.0)},
		{"range(2, 4)", list(2.0, 3.0)},
		{"range(3, 1)", list()},
		{"filter(analysis.song.beats, # <= params.length)", list(0.51, 1.02, 1.49)},
		{"pairs([1, 2, 3])", list(list(1.0, 2.0), list(2.0, 3.0))},
		{"pairs([1])", list()},
		{"snap([0.51, 1.02], 25)", list(0.52, 1.04)},
		{"snap([0.5], \"30000/1001\")", list(0.5005)},
		{"pairs(snap(filter(analysis.song.beats, # <= params.length), 25))", list(list(0.52, 1.04), list(1.04, 1.48))},
		{"linspace(0, 1, 3)", list(0.0, 0.5, 1.0)},
		{"linspace(2, 9, 1)", list(2.0)},
		{"map(1..3, {# * 2})", list(2.0, 4.0, 6.0)},
		{"map(1..2, {{n: #}})", list(map[string]any{"n": 1.0}, map[string]any{"n": 2.0})},
		{"map(analysis.song.scenes, .start)", list(1.0, 5.0)},
		{"count(1..10, # % 3 == 0)", 3.0},
		{"count([true, false, true])", 2.0},
		{"sum([1, 2, 3])", 6.0},
		{"sum([])", 0.0},
		{"sum(1..3, # * 2)", 12.0},
		{"sum(analysis.song.beats) > 5", true},
		{"find(1..10, # > 4)", 5.0},
		{"first([3, 4]) + last([3, 4])", 7.0},
		{"all(1..3, # > 0) && any(1..3, # == 2) && none(1..3, # > 3)", true},
		{"sort([3, 1, 2])", list(1.0, 2.0, 3.0)},
		{"sort([\"b\", \"a\"], \"desc\")", list("b", "a")},
		{"sortBy([{a: 2}, {a: 1}], .a)", list(map[string]any{"a": 1.0}, map[string]any{"a": 2.0})},
		{"sortBy([1, 2, 3, 4], # % 2)", list(2.0, 4.0, 1.0, 3.0)}, // stable
		{"sortBy([1, 2, 3], #, \"desc\")", list(3.0, 2.0, 1.0)},
		{"reverse(1..3)", list(3.0, 2.0, 1.0)},
		{"concat([1], [\"a\"], [])", list(1.0, "a")},
		{"min(3, 1, 2) + max([4, 9])", 10.0},
		{"mean([1, 2, 6]) + median([1, 9, 3, 5])", 7.0},
		{"ceil(1.2) + floor(1.8) + round(2.5) + abs(-4)", 10.0},
		{"analysis.song.beats[floor(1.9)]", 1.02},
		{"analysis.song.beats[1:3]", list(1.02, 1.49)},
		{"len(analysis.song.beats) + len(\"héé\")", 7.0},
		{"int(\"12\") + int(3.9) + float(\"0.5\")", 15.5},
		{"string(1e-7) + string([1, 2.50]) + string(\"x\")", "1e-7[1,2.5]x"},
		{"frames(\"1-250\", 100)", list("1-100", "101-200", "201-250")},
		{"frames(\"1-9x2\", 2)", list("1,3", "5,7", "9")},
		{"frames(\"1-100x2\", 25)", list("1-49x2", "51-99x2")},
		{"frames(\"1,5,10-20\", 100)", list("1,5,10-20")},
		{"1..3 | map(# + 1) | sum()", 9.0},
		{"params.list[5 - 4] ?? 1", 2.0},
		{"0.0 * -1", 0.0},
	} {
		got, err := evaluate(test.source)
		if err != nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: want - got +\n%s", test.source, diff)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		source string
		offset int
		want   string
	}{
		{"", 0, "the expression is empty"},
		{"1 +", 2, "unexpected token EOF"},
		{"parms.length", 0, "there is no name parms (did you mean params?); there are analysis, index, item, params"},
		{"1 + params.lenght", 11, "there is no params.lenght (did you mean length?); there are count, length, list, title"},
		{"analysis.song.beatz[0]", 14, "there is no analysis.song.beatz (did you mean beats?)"},
		{"analysis.sing.beats", 9, "there is no analysis.sing (did you mean song?)"},
		{"é(1)", 0, "there is no function é"},
		{"flter([1], true)", 0, "there is no function flter (did you mean filter?)"},
		{"1 + now()", 4, "there is no function now"},
		{"reduce(1..9, # + #acc)", 0, "there is no function reduce"},
		{"repeat(\"a\", 9)", 0, "there is no function repeat"},
		{"$env", 0, "there is no name $env"},
		{"params[\"$x\"]", 7, "there is no params.$x"},
		{"\"a\" matches \"b\"", 4, "matches is not part of the language"},
		{"b\"x\"", 0, "byte strings are not part of the language"},
		{"9007199254740992", 0, "the integer 9007199254740992 is beyond 2^53-1"},
		{"\"a\" + 1", 4, "invalid operation: + (mismatched types string and int)"},
		{"len(1, 2)", 0, "too many arguments to call len"},
		{"params.title.upper()", 13, "values have no methods"},
		{strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), 64, "brackets are nested more than 64 deep"},
		{strings.Repeat("1+", 400) + "1", -1, "exceeds maximum allowed nodes"},
		{"1 / 0", 0, "the result is +Inf"},
		{"nil", 0, "the result is nothing"},
		{"[1, nil]", 0, "element 1: the result is nothing"},
		{"find(1..3, # > 3)", 0, "the result is nothing"},
		{"9007199254740991 + 1", 17, "an integer beyond 2^53-1"},
		{"3037000500 * 3037000500 * 4", -1, "an integer beyond 2^53-1"},
		{"sum([9007199254740991, 1])", 0, "an integer beyond 2^53-1"},
		{"int(1e300)", 0, "an integer beyond 2^53-1"},
		{"-params.title", 0, "invalid operation: - (mismatched type string)"},
		{"item + params.title", 5, `cannot do a list + the text "A" (item = [1.5,4], params.title = "A")`},
		{"item[index]", -1, "index out of range: 7 (array length is 2) (item = [1.5,4], index = 7)"},
		{"params.length / (index - 7)", 0, "(params.length = 2, index = 7)"},
		{"filter(params.list, #)", -1, "want true or false, got text"},
		{"mean([])", 0, "mean: the list is empty"},
		{"frames(\"9-1\", 5)", 0, "want a frame, a range such as 1-250"},
		{"sort([1, \"a\"])", 0, "cannot compare"},
		{"snap([1], 0)", 0, "frame rate 0"},
		{"linspace(0, 1, 0)", 0, "want at least 1 number"},
		{"mod(1, 0)", 0, "mod: 1 divided by 0"},
	} {
		_, err := evaluate(test.source)
		var fault *expr.Error
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v; want %s", test.source, err, test.want)
			continue
		}
		if !strings.Contains(fault.Message, test.want) || test.offset >= 0 && fault.Offset != test.offset {
			t.Errorf("%s:\n got %d: %s\nwant %d: %s", test.source, fault.Offset, fault.Message, test.offset, test.want)
		}
	}
}

func TestEvalIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	p, err := expr.Compile("sum(map(1..100, # + index))", environment())
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			s := scope()
			s["index"] = float64(n)
			for range 200 {
				if got, err := p.Eval(s); err != nil || got != float64(5050+100*n) {
					t.Errorf("index %d: got %v, %v", n, got, err)
				}
			}
		})
	}
	group.Wait()
}

func TestEvalDoesNotChangeTheScope(t *testing.T) {
	t.Parallel()
	given, before := scope(), scope()
	p, err := expr.Compile("[sort(params.list[1:2]), reverse(analysis.song.beats), index]", environment())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(given); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, given); diff != "" {
		t.Errorf("the scope changed:\n%s", diff)
	}
}

func BenchmarkCompile(b *testing.B) {
	env := environment()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := expr.Compile("mod(index * 1.5, params.length - (item[1] - item[0]))", env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEval(b *testing.B) {
	p, err := expr.Compile("mod(index * 1.5, params.length - (item[1] - item[0]))", environment())
	if err != nil {
		b.Fatal(err)
	}
	s := scope()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(s); err != nil {
			b.Fatal(err)
		}
	}
}
