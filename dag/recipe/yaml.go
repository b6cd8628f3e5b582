package recipe

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// readYAML turns YAML into a tree.
func readYAML(text []byte) (source, error) {
	tokens, err := tokenize(string(text))
	if err != nil {
		return source{}, err
	}
	body, err := parseTokens(tokens)
	if err != nil {
		return source{}, err
	}
	if body == nil {
		return source{}, &Fault{Pos: Pos{1, 1}, Message: "the recipe is empty"}
	}
	tree, err := value(body, 1)
	return source{tree, commentsOf(tokens)}, err
}

// parseTokens returns the body of the document, nil when there is none. A panic
// inside the YAML library is a fault of the document that caused it, not the
// end of a scheduler that serves others.
func parseTokens(tokens token.Tokens) (body ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Fault{Message: fmt.Sprintf("the YAML cannot be read: %v", p)}
		}
	}()
	// Duplicate keys are found when the tree is built, with a better message.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		fault := &Fault{Message: "the YAML cannot be read: " + syntax.GetMessage()}
		if tk := syntax.GetToken(); tk != nil && tk.Position != nil {
			fault.Pos = place(tk)
		}
		return nil, fault
	}
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return doc.Body, nil
		}
	}
	return nil, nil
}

// value turns a node at the given level into a Value.
func value(n ast.Node, level int) (Value, error) {
	pos := place(n.GetToken())
	if level > MaxLevels {
		return Value{}, &Fault{Pos: pos, Message: tooDeep}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return mapping(pos, n.IsFlowStyle, n.Values, level)
	case *ast.MappingValueNode:
		return mapping(pos, n.IsFlowStyle, []*ast.MappingValueNode{n}, level)
	case *ast.SequenceNode:
		return sequence(pos, n.Values, level)
	case *ast.LiteralNode:
		return text(pos, literalStart(n), n.Value.Value)
	case *ast.StringNode:
		if kind := n.Token.Type; kind == token.SingleQuoteType || kind == token.DoubleQuoteType {
			return text(pos, Pos{pos.Line, pos.Col + 1}, n.Value)
		}
		return plain(pos, n.Token.Value)
	case *ast.NullNode:
		if n.Token.Type == token.ImplicitNullType {
			return Value{Pos: pos, Start: pos}, nil
		}
	case ast.ScalarNode:
	default:
		return Value{}, &Fault{Pos: pos, Message: fmt.Sprintf("YAML's %s is not allowed in a recipe", strings.ToLower(n.Type().String()))}
	}
	return plain(pos, n.GetToken().Value)
}

func mapping(pos Pos, flow bool, entries []*ast.MappingValueNode, level int) (Value, error) {
	out := Value{Pos: pos, Fields: make([]Field, 0, len(entries))}
	seen := make(map[string]Pos, len(entries))
	for _, entry := range entries {
		tk := entry.Key.GetToken()
		field := Field{Key: tk.Value, Pos: place(tk)}
		if !utf8.ValidString(field.Key) {
			return Value{}, &Fault{Pos: field.Pos, Message: "a key holds an escape that is not a Unicode character"}
		}
		if first, twice := seen[field.Key]; twice {
			return Value{}, twiceFault(field, first)
		}
		seen[field.Key] = field.Pos
		v, err := value(entry.Value, level+1)
		if err != nil {
			return Value{}, err
		}
		field.Value = v
		out.Fields = append(out.Fields, field)
	}
	if !flow && len(out.Fields) > 0 {
		out.Pos = out.Fields[0].Pos
	}
	out.Start = out.Pos
	return out, nil
}

func twiceFault(field Field, first Pos) *Fault {
	return &Fault{Pos: field.Pos, Message: fmt.Sprintf("the key %s is there twice; first in line %d", clip(field.Key), first.Line)}
}

func sequence(pos Pos, items []ast.Node, level int) (Value, error) {
	out := Value{Pos: pos, Start: pos, Items: make([]Value, 0, len(items))}
	for _, item := range items {
		v, err := value(item, level+1)
		if err != nil {
			return Value{}, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

func text(pos, start Pos, s string) (Value, error) {
	if !utf8.ValidString(s) {
		return Value{}, &Fault{Pos: pos, Message: "the text holds an escape that is not a Unicode character"}
	}
	return Value{Pos: pos, Start: start, Scalar: s}, nil
}

func plain(pos Pos, s string) (Value, error) {
	scalar, err := resolve(s)
	if err != nil {
		return Value{}, &Fault{Pos: pos, Message: err.Error()}
	}
	return Value{Pos: pos, Start: pos, Scalar: scalar}, nil
}

// literalStart returns where the text of a block scalar (| or >) begins.
func literalStart(n *ast.LiteralNode) Pos {
	pos := Pos{n.Start.Position.Line + 1, 1}
	for line := range strings.Lines(n.Value.Token.Origin) {
		if content := strings.TrimLeft(line, " "); strings.TrimSpace(content) != "" {
			return Pos{pos.Line, 1 + len(line) - len(content)}
		}
		pos.Line++
	}
	return pos
}
