package expr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/artdag/artdag/dag"
)

// names walks a tree, finds names that nothing declares, and notes which
// values in scope the expression reads.
type names struct {
	env   Env
	lets  map[string]bool
	fault *Error
	paths []path
}

// path is a value in scope: analysis.song.duration or item[1].
type path struct {
	text string
	keys []any // string or int, after the root
	root string
}

func checkNames(root ast.Node, env Env) ([]path, *Error) {
	n := &names{env: env, lets: map[string]bool{}}
	ast.Find(root, func(node ast.Node) bool {
		if let, ok := node.(*ast.VariableDeclaratorNode); ok {
			n.lets[let.Name] = true
		}
		return false
	})
	ast.Walk(&root, n)
	if n.fault != nil {
		return nil, n.fault
	}
	return n.longest(), nil
}

// Visit is called for children before their parents.
func (n *names) Visit(node *ast.Node) {
	switch v := (*node).(type) {
	case *ast.IdentifierNode:
		n.identifier(v)
	case *ast.MemberNode:
		n.member(v)
	case *ast.IntegerNode:
		if v.Value > maxInteger {
			n.report(errorAt(v.Location().From, "the integer %d is beyond 2^53-1", v.Value))
		}
	}
}

func (n *names) report(fault *Error) {
	if n.fault == nil {
		n.fault = fault
	}
}

func (n *names) identifier(node *ast.IdentifierNode) {
	name := node.Value
	_, declared := n.env[name]
	switch {
	case n.lets[name]:
	case declared:
		n.paths = append(n.paths, path{text: name, root: name})
	case slices.Contains(functionNames, name):
	case name == "item" || name == "index":
		n.report(errorAt(node.Location().From, "there is no %s here; it exists where for_each goes over an expression", name))
	default:
		known := slices.Sorted(maps.Keys(n.env))
		n.report(errorAt(node.Location().From, "there is no name %s%s; there are %s", clip(name), dag.Suggest(name, known), strings.Join(known, ", ")))
	}
}

// member checks a field against the declared ones.
func (n *names) member(node *ast.MemberNode) {
	p, typ, ok := n.resolve(node)
	if !ok {
		return
	}
	n.paths = append(n.paths, p)
	key, isField := node.Property.(*ast.StringNode)
	if !isField || typ.Kind != Object || typ.Fields == nil {
		return
	}
	if _, known := typ.Fields[key.Value]; !known {
		owner := p.text[:len(p.text)-len(key.Value)-1]
		n.report(errorAt(node.Property.Location().From, "%s", noField(owner, key.Value, typ.Fields)))
	}
}

func noField(owner, key string, fields map[string]Type) string {
	known := slices.Sorted(maps.Keys(fields))
	if len(known) == 0 {
		return fmt.Sprintf("there is no %s.%s; the recipe declares no %s", owner, clip(key), owner)
	}
	return fmt.Sprintf("there is no %s.%s%s; there are %s", owner, clip(key), dag.Suggest(key, known), strings.Join(known, ", "))
}

// resolve returns the path of a chain of fields and indexes, and the type of
// what holds the last of them.
func (n *names) resolve(node ast.Node) (p path, holder Type, ok bool) {
	switch v := node.(type) {
	case *ast.IdentifierNode:
		_, declared := n.env[v.Value]
		return path{text: v.Value, root: v.Value}, Type{Kind: Object, Fields: n.env}, declared && !n.lets[v.Value]
	case *ast.MemberNode:
		p, outer, ok := n.resolve(v.Node)
		if !ok {
			return path{}, Type{}, false
		}
		holder := within(outer, last(p))
		switch key := v.Property.(type) {
		case *ast.StringNode:
			return path{p.text + "." + key.Value, append(slices.Clip(p.keys), key.Value), p.root}, holder, true
		case *ast.IntegerNode:
			return path{fmt.Sprintf("%s[%d]", p.text, key.Value), append(slices.Clip(p.keys), key.Value), p.root}, holder, true
		}
	}
	return path{}, Type{}, false
}

func last(p path) any {
	if len(p.keys) == 0 {
		return p.root
	}
	return p.keys[len(p.keys)-1]
}

// within returns the type of a field or element.
func within(t Type, key any) Type {
	if name, ok := key.(string); ok && t.Kind == Object {
		return t.Fields[name]
	}
	if t.Kind == List && t.Elem != nil {
		return *t.Elem
	}
	return Type{}
}

// longest drops the paths that lead to others: params, when params.length is
// there.
func (n *names) longest() []path {
	var out []path
	for i, p := range n.paths {
		covered := slices.ContainsFunc(n.paths[i+1:], func(q path) bool {
			rest, ok := strings.CutPrefix(q.text, p.text)
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
		if !covered {
			out = append(out, p)
		}
	}
	return out
}

// values writes the values in scope that the expression reads, for an error.
func values(paths []path, scope Scope) string {
	const most = 8
	var parts []string
	for _, p := range paths {
		if v, ok := lookup(scope, p); ok && len(parts) < most {
			parts = append(parts, p.text+" = "+show(v))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func lookup(scope Scope, p path) (any, bool) {
	v, ok := scope[p.root]
	for _, key := range p.keys {
		switch holder := v.(type) {
		case map[string]any:
			name, isName := key.(string)
			if !isName {
				return nil, false
			}
			v, ok = holder[name]
		case []any:
			i, isIndex := key.(int)
			if !isIndex || i >= len(holder) || i < 0 {
				return nil, false
			}
			v = holder[i]
		default:
			return nil, false
		}
	}
	return v, ok
}
