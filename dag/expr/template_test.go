package expr_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/dag/expr"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want any
	}{
		{"", ""},
		{"plain $ {text}", "plain $ {text}"},
		{"${1 + 1}", 2.0},
		{"${index > 3}", true},
		{"${[1, \"a\"]}", []any{1.0, "a"}},
		{"${ {a: {b: 1}} }", map[string]any{"a": map[string]any{"b": 1.0}}},
		{"${map(1..3, {# * 2})}", []any{2.0, 4.0, 6.0}},
		{"${\"}\"}", "}"},
		{"shot ${index + 1} of ${params.title}", "shot 8 of A"},
		{" ${1}", " 1"},
		{"${1}${2}", "12"},
		{"${1e-7} ${1e21} ${0.1 + 0.2}", "1e-7 1e+21 0.30000000000000004"},
		{"${[1, 2]}!", "[1,2]!"},
		{"$${index}", "${index}"},
		{"a $${ ${index} $$ $${", "a ${ 7 $$ ${"},
		{"it's ${1} or 'so", "it's 1 or 'so"},
		{"é${\"é\"}", "éé"},
	} {
		template, err := expr.ParseTemplate(test.text, environment())
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		got, err := template.Eval(scope())
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q: want - got +\n%s", test.text, diff)
		}
	}
}

func TestTemplateFaultsCountFromTheStartOfTheString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		offset int
		want   string
	}{
		{"é ${parms}", 4, "there is no name parms"},
		{"${1} ${ params.lenght }", 15, "there is no params.lenght"},
		{"a ${1", 4, "the expression has no closing brace"},
		{"${}", 2, "the expression is empty"},
		{"${'a}", 5, "literal not terminated"},
		{"x ${1 / 0}", 4, "the result is +Inf"},
		{"x ${item[9]}", 8, "index out of range"},
	} {
		template, err := expr.ParseTemplate(test.text, environment())
		if err == nil {
			_, err = template.Eval(scope())
		}
		var fault *expr.Error
		if !errors.As(err, &fault) || fault.Offset != test.offset || !strings.Contains(fault.Message, test.want) {
			t.Errorf("%q: got %+v, want %d: %s", test.text, err, test.offset, test.want)
		}
	}
}

func TestTemplateConstant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"$${a}": "${a}", "a": "a"} {
		template, err := expr.ParseTemplate(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := template.Constant(); !ok || got != want {
			t.Errorf("%q: Constant() = %q, %v, want %q", text, got, ok, want)
		}
	}
	template, err := expr.ParseTemplate("a${1}", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := template.Constant(); ok {
		t.Errorf("a template with an expression is constant: %q", got)
	}
}
