package expr

import (
	"reflect"

	"github.com/expr-lang/expr/ast"
)

// remainders turns a % b into mod(a, b) before types are checked, because
// expr-lang takes the remainder of integers only.
func remainders(root *ast.Node) { ast.Walk(root, visitor(remainder)) }

type visitor func(*ast.Node)

func (v visitor) Visit(node *ast.Node) { v(node) }

func remainder(node *ast.Node) {
	if op, ok := (*node).(*ast.BinaryNode); ok && op.Operator == "%" {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: "mod"}, Arguments: []ast.Node{op.Left, op.Right}})
	}
}

// guard rewrites a checked tree so that it counts what it does. Types stay as
// the check left them, because the compiler reads them.
func guard(root *ast.Node) { ast.Walk(root, visitor(guardNode)) }

func guardNode(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.CallNode:
		guardCall(n)
	case *ast.BinaryNode:
		if needsGuard(n) {
			replace(node, n.Operator, n.Left, n.Right)
		}
	case *ast.MapNode:
		replace(node, "map", n)
	case *ast.BuiltinNode:
		guardBuiltin(node, n)
	}
}

// replace puts a counted call in the place of a node.
func replace(node *ast.Node, name string, args ...ast.Node) {
	call := counted(name, args...)
	call.SetNature(*(*node).Nature())
	ast.Patch(node, call)
}

func counted(name string, args ...ast.Node) *ast.CallNode {
	return &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: "$" + name},
		Arguments: append([]ast.Node{&ast.IdentifierNode{Value: limitsName}}, args...),
	}
}

// guardCall sends a call of one of our functions to its counting form.
func guardCall(n *ast.CallNode) {
	name, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || name.Value[0] == '$' {
		return
	}
	counting := counted(name.Value, n.Arguments...)
	n.Callee, n.Arguments = counting.Callee, counting.Arguments
}

// needsGuard reports whether an operator can grow a value, overflow, or read
// more than a machine word.
func needsGuard(n *ast.BinaryNode) bool {
	left, right := n.Left.Type().Kind(), n.Right.Type().Kind()
	switch n.Operator {
	case "+", "-", "*":
		return left != reflect.Float64 && right != reflect.Float64 || !isNumber(left) || !isNumber(right)
	case "==", "!=":
		small := isNumber(left) && isNumber(right) || left == reflect.Bool && right == reflect.Bool
		return !small
	case "<", "<=", ">", ">=":
		return !isNumber(left) || !isNumber(right)
	case "..", "in", "contains", "startsWith", "endsWith":
		return true
	}
	return false
}

func isNumber(k reflect.Kind) bool { return k == reflect.Int || k == reflect.Float64 }

// guardBuiltin counts the iterations of a builtin that takes a predicate.
func guardBuiltin(node *ast.Node, n *ast.BuiltinNode) {
	list, predicate := n.Arguments[0], ast.Node(nil)
	if len(n.Arguments) > 1 {
		predicate = n.Arguments[1]
	}
	switch {
	case n.Name == "sum" && predicate == nil:
		replace(node, "sum", list)
	case n.Name == "sum":
		replace(node, "sum", mapped(list, predicate.(*ast.PredicateNode)))
	case n.Name == "sortBy":
		replaceSortBy(node, n, predicate.(*ast.PredicateNode))
	default:
		if predicate == nil {
			// count and others test the elements themselves.
			n.Arguments = append(n.Arguments, &ast.PredicateNode{Node: &ast.PointerNode{}})
			predicate = n.Arguments[1]
		}
		tick(predicate.(*ast.PredicateNode))
		n.Arguments[0] = counted(loopName(n.Name), list)
	}
}

// replaceSortBy sorts pairs of element and key, because expr-lang's own sort is
// not stable.
func replaceSortBy(node *ast.Node, n *ast.BuiltinNode, by *ast.PredicateNode) {
	by.Node = &ast.ArrayNode{Nodes: []ast.Node{&ast.PointerNode{}, by.Node}}
	replace(node, "sortBy", append([]ast.Node{mapped(n.Arguments[0], by)}, n.Arguments[2:]...)...)
}

func mapped(list ast.Node, predicate *ast.PredicateNode) ast.Node {
	tick(predicate)
	return &ast.BuiltinNode{Name: "map", Arguments: []ast.Node{counted("make", list), predicate}}
}

// loopName tells loops that make a list from those that make one value.
func loopName(builtin string) string {
	if builtin == "map" || builtin == "filter" {
		return "make"
	}
	return "loop"
}

// tick puts the counter before the body of a predicate.
func tick(p *ast.PredicateNode) {
	body := p.Node
	count := counted("tick")
	if cost := bodyCost(body); cost > iterationWork {
		n := &ast.IntegerNode{Value: cost}
		n.SetType(reflect.TypeFor[int]())
		count = counted("tick", n)
	}
	sequence := &ast.SequenceNode{Nodes: []ast.Node{count, body}}
	sequence.SetNature(*body.Nature())
	p.Node = sequence
}

// bodyCost estimates the work of a body, in which calls and new lists cost
// several times what other nodes do.
func bodyCost(body ast.Node) int {
	cost := 0
	ast.Walk(&body, visitor(func(node *ast.Node) {
		switch (*node).(type) {
		case *ast.CallNode:
			cost += 24
		case *ast.ArrayNode:
			cost += 32
		default:
			cost += 2
		}
	}))
	return cost
}
