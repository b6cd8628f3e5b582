package recipe

import (
	"regexp"
	"strings"
)

// unused returns a warning for each node that no output needs, and for each
// input that neither those nodes, nor the analysis, nor an expression uses.
func unused(rec *Recipe) Faults {
	used := map[string]bool{}
	byID := make(map[string]Node, len(rec.Nodes))
	for _, n := range rec.Nodes {
		byID[n.ID] = n
	}
	pending := append([]Reference(nil), rec.Outputs...)
	for len(pending) > 0 {
		name := pending[len(pending)-1].Name
		pending = pending[:len(pending)-1]
		if !used[name] {
			used[name] = true
			pending = append(pending, byID[name].dependencies()...)
		}
	}
	for _, a := range rec.Analysis {
		used[a.Input] = true
	}
	for _, n := range rec.Nodes {
		n.mentions(used)
	}
	var out Faults
	for _, in := range rec.Inputs {
		if !used[in.Name] {
			out = append(out, Fault{rec.File, in.Pos, "input " + in.Name + " is not used"})
		}
	}
	for _, n := range rec.Nodes {
		if !used[n.ID] {
			out = append(out, Fault{rec.File, n.Pos, "node " + n.ID + " is not used by any output"})
		}
	}
	return out
}

// mention is how an expression reads an input: inputs.clip or inputs["clip"].
var mention = regexp.MustCompile(`\binputs(?:\.|\[["'])([A-Za-z][A-Za-z0-9_-]*)`)

// mentions marks the inputs that the expressions of a node read. It may take
// other text for an expression, which costs no more than a missing warning.
func (n Node) mentions(used map[string]bool) {
	if n.When != nil {
		mentions(n.When.Text, used)
	}
	if n.ForEach != nil && n.ForEach.Expr != nil {
		mentions(n.ForEach.Expr.Text, used)
	}
	n.Config.mentions(used)
}

func mentions(text string, used map[string]bool) {
	if !strings.Contains(text, "inputs") {
		return
	}
	for _, match := range mention.FindAllStringSubmatch(text, -1) {
		used[match[1]] = true
	}
}

func (v Value) mentions(used map[string]bool) {
	if s, ok := v.Scalar.(string); ok {
		mentions(s, used)
	}
	for _, item := range v.Items {
		item.mentions(used)
	}
	for _, f := range v.Fields {
		f.Value.mentions(used)
	}
}
