package recipe

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParamFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ param, want string }{
		"no type":           {"{default: 1}", "1:10: param p needs a type: number, integer, boolean, string, choice, color, list"},
		"unknown type":      {"{type: int, default: 1}", "1:20: param p: there is no type int; the types are number, integer, boolean, string, choice, color, list"},
		"near type":         {"{type: nummer}", "1:20: param p: there is no type nummer (did you mean number?); the types are number, integer, boolean, string, choice, color, list"},
		"unknown key":       {"{type: number, defualt: 1}", "1:28: param p has no key defualt (did you mean default?); the keys are type, default, min, max, choices, description"},
		"a number":          {"20", "1:13: param p: want a map such as {type: number, default: 20}, got a number"},
		"default type":      {"{type: number, default: fast}", `1:37: param p: default: want a number, got "fast"`},
		"default null":      {"{type: string, default: null}", "1:37: param p: default: want text, got nothing"},
		"default range":     {"{type: number, default: 20, max: 10}", "1:37: param p: default: 20 is out of range: at most 10"},
		"default integer":   {"{type: integer, default: 1.5}", "1:38: param p: default: 1.5 is not an integer"},
		"default boolean":   {"{type: boolean, default: yes}", `1:38: param p: default: want true or false, got "yes"`},
		"default choice":    {"{type: choice, choices: [fast, slow], default: fats}", `1:60: param p: default: "fats" is not a choice (did you mean fast?); the choices are fast, slow`},
		"default color":     {"{type: color, default: gren}", `1:36: param p: default: "gren" is not a color (did you mean green?); write #rrggbb, #rrggbbaa or one of aqua, black, blue, fuchsia, gray, green, lime, maroon, navy, olive, orange, purple, red, silver, teal, transparent, white, yellow`},
		"default list":      {"{type: list, default: [1, [2]]}", "1:35: param p: default: item 1: want text, a number, true or false, got a list"},
		"min above max":     {"{type: number, min: 2, max: 1}", "1:33: param p: min is above max"},
		"min of text":       {"{type: string, min: 2}", "1:33: param p: min: only numbers and integers have bounds"},
		"min a text":        {"{type: number, min: low}", `1:33: param p: min: want a number, got the text "low"`},
		"choice alone":      {"{type: choice}", "1:10: param p: a choice needs choices, a list"},
		"choices empty":     {"{type: choice, choices: []}", "1:37: param p: choices: want a list of values, got a list"},
		"choices of list":   {"{type: list, choices: [1]}", "1:35: param p: choices: a list has none"},
		"choices of number": {"{type: number, max: 2, choices: [1, 3]}", "1:49: param p: choices: 3 is out of range: at most 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFaults(t, "params: {p: "+test.param+"}\n"+good, "film.yaml:"+test.want)
		})
	}
}

const declared = `params:
  length: {type: number, default: 20, min: 1, max: 600}
  count: {type: integer, min: 0, default: 2}
  loud: {type: boolean, default: false}
  title: {type: string, default: ""}
  mode: {type: choice, choices: [fast, slow, 2, "3"], default: fast}
  tint: {type: color, default: "#ff000080"}
  times: {type: list, default: [1, two]}
`

func TestReadParams(t *testing.T) {
	t.Parallel()
	r := mustParse(t, declared+good)
	defaults := map[string]any{"length": 20.0, "count": 2.0, "loud": false, "title": "", "mode": "fast", "tint": "#ff000080", "times": []any{1.0, "two"}}
	for name, test := range map[string]struct {
		given, want map[string]any // given holds strings
	}{
		"none":    {},
		"numbers": {map[string]any{"length": "1.5e2", "count": " 7 "}, map[string]any{"length": 150.0, "count": 7.0}},
		"text":    {map[string]any{"title": "014", "loud": "true"}, map[string]any{"title": "014", "loud": true}},
		"choices": {map[string]any{"mode": "2"}, map[string]any{"mode": 2.0}},
		"text 3":  {map[string]any{"mode": "3"}, map[string]any{"mode": "3"}},
		"color":   {map[string]any{"tint": "Navy"}, map[string]any{"tint": "Navy"}},
		"commas":  {map[string]any{"times": "1, 2.5,a b,true"}, map[string]any{"times": []any{1.0, 2.5, "a b", true}}},
		"JSON":    {map[string]any{"times": `["1,2", 3]`}, map[string]any{"times": []any{"1,2", 3.0}}},
		"empty":   {map[string]any{"times": ""}, map[string]any{"times": []any{}}},
	} {
		given, want := map[string]string{}, map[string]any{}
		for key, value := range test.given {
			given[key] = value.(string)
		}
		for _, values := range []map[string]any{defaults, test.want} {
			for key, value := range values {
				want[key] = value
			}
		}
		got, err := ReadParams(r, given)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		again, err := CheckParams(r, got)
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Errorf("%s: CheckParams of what ReadParams gave: %v\n%s", name, err, diff)
		}
	}
}

func TestReadParamsFaults(t *testing.T) {
	t.Parallel()
	r := mustParse(t, "params:\n  must: {type: number, min: 0, max: 1}\n  also: {type: string}\n"+declared[len("params:\n"):]+good)
	_, err := ReadParams(r, map[string]string{
		"must": "2", "length": "long", "count": "1.5", "loud": "yes", "mode": "fst", "tint": "#ff", "times": "[1,", "lenght": "3", "xyz": "1",
	})
	want := `param length: want a number, got "long"
param loud: want true or false, got "yes"`
	text := ""
	if err != nil {
		text = err.Error()
	}
	for _, line := range append(strings.Split(want, "\n"),
		"param must: 2 is out of range: from 0 to 1",
		"param also: needs a value (string): -p also=VALUE",
		"param count: 1.5 is not an integer",
		`param mode: "fst" is not a choice (did you mean fast?); the choices are fast, slow, 2, 3`,
		`param tint: "#ff" is not a color`,
		`param times: "[1," is not a JSON list: unexpected end of JSON input`,
		"there is no param lenght (did you mean length?); the params are must, also, length,",
		"there is no param xyz; the params are",
	) {
		if strings.Count(text, line) != 1 {
			t.Errorf("want once %q in\n%s", line, text)
		}
	}
	if got, want := strings.Count(text, "\n")+1, 10; got != want {
		t.Errorf("%d faults, want %d:\n%s", got, want, text)
	}
}

func TestCheckParamsFaults(t *testing.T) {
	t.Parallel()
	r := mustParse(t, declared+good)
	for name, given := range map[string]map[string]any{
		"text for number": {"length": "20"}, "not a number": {"length": math.NaN()}, "too large": {"count": float64(1 << 53)},
		"number for text": {"title": 1.0}, "null": {"title": nil}, "map": {"times": map[string]any{}}, "null in list": {"times": []any{nil}},
		"list for choice": {"mode": []any{"fast"}}, "unknown": {"none": 1.0}, "Go integer": {"count": 3},
	} {
		if got, err := CheckParams(r, given); err == nil {
			t.Errorf("%s: CheckParams(%v) = %v, want an error", name, given, got)
		}
	}
}
