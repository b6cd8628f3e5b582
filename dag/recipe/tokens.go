package recipe

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// tokenize splits YAML into tokens and refuses, before anything is built of
// them, what recipes may not hold.
func tokenize(text string) (token.Tokens, error) {
	tokens := lexer.Tokenize(text)
	check := tokenCheck{keys: map[int]int{}}
	for _, tk := range tokens {
		if message := check.token(tk); message != "" {
			return nil, &Fault{Pos: place(tk), Message: message}
		}
	}
	return tokens, nil
}

func place(tk *token.Token) Pos { return Pos{tk.Position.Line, tk.Position.Column} }

// tokenCheck walks the tokens of one document.
type tokenCheck struct {
	open    []token.Type // the [ and { that are open
	content bool         // a token of the first document was seen
	ended   bool         // ... marked its end
	nested  Pos          // line of the last block mark, and how many stand on it
	keys    map[int]int
	empties int
}

func (c *tokenCheck) token(tk *token.Token) string {
	if tk.Type == token.CommentType {
		return ""
	}
	if message := c.document(tk); message != "" {
		return message
	}
	if message := refused(tk); message != "" {
		return message
	}
	if message := c.depth(tk); message != "" {
		return message
	}
	if message := c.size(tk); message != "" {
		return message
	}
	if message := c.empty(tk); message != "" {
		return message
	}
	return c.expression(tk)
}

// document allows one document, with or without its header and end marks.
func (c *tokenCheck) document(tk *token.Token) string {
	switch {
	case tk.Type == token.DocumentHeaderType && (c.content || c.ended):
		return "a recipe is one document; remove --- and what follows"
	case tk.Type == token.DocumentEndType:
		c.ended = true
	case c.ended:
		return "a recipe is one document; remove what follows its end"
	default:
		// A header counts as content: a second one would be another document.
		c.content = true
	}
	return ""
}

func refused(tk *token.Token) string {
	switch tk.Type {
	case token.InvalidType:
		return "the YAML cannot be read: " + tk.Error
	case token.AnchorType:
		return "anchors (&) are not allowed in a recipe; put text that starts with & in quotes"
	case token.AliasType:
		return "aliases (*) are not allowed in a recipe; put text that starts with * in quotes"
	case token.TagType:
		return "tags (!) are not allowed in a recipe; put text that starts with ! in quotes"
	case token.MergeKeyType:
		return "merge keys (<<) are not allowed in a recipe; write the keys out"
	case token.DirectiveType:
		return "directives (%) are not allowed in a recipe; put text that starts with % in quotes"
	case token.MappingKeyType:
		return "keys marked with ? are not allowed in a recipe; write key: value"
	}
	return ""
}

// depth bounds what could exhaust the parser's stack: brackets, and dashes on
// one line. Nesting by indentation needs text in proportion to its square and
// is bounded when the tree is built.
func (c *tokenCheck) depth(tk *token.Token) string {
	switch tk.Type {
	case token.MappingStartType, token.SequenceStartType:
		c.open = append(c.open, tk.Type)
	case token.MappingEndType, token.SequenceEndType:
		c.open = c.open[:max(0, len(c.open)-1)]
	case token.SequenceEntryType:
		if c.nested.Line != tk.Position.Line {
			c.nested = Pos{tk.Position.Line, 0}
		}
		c.nested.Col++
	}
	if len(c.open) > MaxLevels || c.nested.Col > MaxLevels {
		return tooDeep
	}
	return ""
}

var tooDeep = fmt.Sprintf("the recipe is nested more than %d levels deep", MaxLevels)

// size counts the keys of each block-style map by their column.
func (c *tokenCheck) size(tk *token.Token) string {
	var column int
	switch {
	case len(c.open) > 0:
		return ""
	case tk.Type == token.SequenceEntryType:
		column = tk.Position.Column
	case tk.Type == token.MappingValueType && tk.Prev != nil:
		column = tk.Prev.Position.Column
		c.keys[column]++
	default:
		return ""
	}
	for other := range c.keys {
		if other > column {
			delete(c.keys, other)
		}
	}
	if c.keys[column] > MaxKeys {
		return fmt.Sprintf("a map has more than %d keys", MaxKeys)
	}
	return ""
}

// keyAlone reports whether tk is a key of {a, b} without a value, which YAML
// allows and nobody means.
func (c *tokenCheck) keyAlone(tk *token.Token) bool {
	if len(c.open) == 0 || c.open[len(c.open)-1] != token.MappingStartType || tk.Prev == nil || tk.Next == nil {
		return false
	}
	before, after := tk.Prev.Type, tk.Next.Type
	return (before == token.MappingStartType || before == token.CollectEntryType) &&
		(after == token.CollectEntryType || after == token.MappingEndType) &&
		tk.Type != token.CollectEntryType && tk.Type != token.MappingEndType
}

// empty counts values that are not there, which the parser puts into its list
// of tokens one by one.
func (c *tokenCheck) empty(tk *token.Token) string {
	next := tk.Next
	for next != nil && next.Type == token.CommentType {
		next = next.Next
	}
	if c.keyAlone(tk) {
		return "the key " + clip(tk.Value) + " has no value; write key: value"
	}
	if isEmpty(tk, next) {
		c.empties++
	}
	if c.empties > MaxEmpty {
		return fmt.Sprintf("more than %d values are missing; write null where nothing is meant", MaxEmpty)
	}
	return ""
}

// isEmpty reports whether nothing follows a dash or a key.
func isEmpty(tk, next *token.Token) bool {
	if tk.Type != token.SequenceEntryType && tk.Type != token.MappingValueType {
		return false
	}
	if next == nil {
		return true
	}
	switch next.Type {
	case token.CollectEntryType, token.MappingEndType, token.SequenceEndType:
		return true
	}
	column := tk.Position.Column
	if tk.Type == token.MappingValueType {
		if tk.Prev != nil {
			column = tk.Prev.Position.Column
		}
		if next.Type == token.SequenceEntryType && next.Position.Column == column {
			return false // a list may stand below its key
		}
	}
	return next.Position.Line > tk.Position.Line && next.Position.Column <= column
}

const quoteIt = `put a value with an expression in quotes: "${...}"`

// expression finds ${ that YAML would tear apart.
func (c *tokenCheck) expression(tk *token.Token) string {
	prev := tk.Prev
	switch {
	case prev == nil || prev.Type != token.StringType || !strings.Contains(prev.Value, "$"):
	case len(c.open) > 0 && tk.Type == token.MappingStartType && strings.HasSuffix(prev.Value, "$"):
		return "an unquoted ${ starts a map here; " + quoteIt
	}
	if tk.Type != token.StringType || !strings.Contains(tk.Value, "${") || tk.Next == nil {
		return ""
	}
	if inBlockScalar(tk) || strings.Count(tk.Value, "{") <= strings.Count(tk.Value, "}") {
		return ""
	}
	switch tk.Next.Type {
	case token.CommentType:
		return "the expression is cut off by # here; " + quoteIt
	case token.MappingValueType:
		return "the expression is cut off by a colon here; " + quoteIt
	}
	return ""
}

func inBlockScalar(tk *token.Token) bool {
	return tk.Prev != nil && (tk.Prev.Type == token.LiteralType || tk.Prev.Type == token.FoldedType)
}
