package expr

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/artdag/artdag/dag"
)

// scan refuses what is not part of the language before a tree is built: the
// parser would take reduce for a builtin, and recurse for every bracket.
func scan(source string) *Error {
	if len(source) > MaxSource {
		return errorAt(0, "the expression has %d bytes; at most %d are read", len(source), MaxSource)
	}
	if !utf8.ValidString(source) {
		return errorAt(0, "the expression is not UTF-8")
	}
	if strings.TrimSpace(source) == "" {
		return errorAt(0, "the expression is empty")
	}
	lex := lexer.New()
	lex.Reset(file.NewSource(source))
	var before [2]lexer.Token
	depth := 0
	for count := 0; ; count++ {
		token, err := lex.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return translate(err)
		}
		depth += bracket(token)
		if count > maxTokens {
			return errorAt(token.From, "the expression has more than %d words and marks", maxTokens)
		}
		if fault := checkToken(before, token, depth); fault != nil {
			return fault
		}
		before = [2]lexer.Token{before[1], token}
	}
}

func bracket(t lexer.Token) int {
	switch {
	case t.Kind == lexer.Bracket && strings.Contains("([{", t.Value):
		return 1
	case t.Kind == lexer.Bracket:
		return -1
	}
	return 0
}

func checkToken(before [2]lexer.Token, t lexer.Token, depth int) *Error {
	switch {
	case depth > maxBrackets:
		return errorAt(t.From, "brackets are nested more than %d deep", maxBrackets)
	case t.Kind == lexer.Bytes:
		return errorAt(t.From, "byte strings are not part of the language; write text without the b")
	case t.Kind == lexer.Operator && t.Value == "matches":
		return errorAt(t.From, "matches is not part of the language; use contains, startsWith or endsWith")
	case strings.HasPrefix(t.Value, "$") && t.Kind == lexer.Identifier:
		return errorAt(t.From, "there is no name %s; names do not start with $", clip(t.Value))
	case t.Kind == lexer.Bracket && t.Value == "(" && before[1].Kind == lexer.Identifier:
		return checkFunction(before[0], before[1])
	}
	return nil
}

// functionNames are all functions, sorted.
var functionNames = func() []string {
	names := []string{"map", "filter", "count", "all", "any", "none", "find", "sortBy", "sum"}
	for name := range functions {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}()

func checkFunction(before, t lexer.Token) *Error {
	if before.Kind == lexer.Operator && strings.HasSuffix(before.Value, ".") && before.Value != ".." {
		return errorAt(t.From, "values have no methods; write the function before the value: len(list)")
	}
	if slices.Contains(functionNames, t.Value) {
		return nil
	}
	return errorAt(t.From, "there is no function %s%s; the functions are %s",
		clip(t.Value), dag.Suggest(t.Value, functionNames), strings.Join(functionNames, ", "))
}

// closing returns how many bytes of text, which follows "${", belong to the
// expression, up to its matching brace. Braces inside strings, maps and
// predicates do not end it.
func closing(text string) (int, error) {
	lex := lexer.New()
	lex.Reset(file.NewSource(text))
	depth := 0
	for {
		token, err := lex.Next()
		if err == io.EOF {
			return 0, fmt.Errorf("the expression has no closing brace")
		}
		if err != nil {
			return 0, translate(err)
		}
		depth += bracket(token)
		if depth < 0 && token.Value == "}" {
			return byteOffset(text, token.From), nil
		}
	}
}

// byteOffset returns where character n begins.
func byteOffset(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
