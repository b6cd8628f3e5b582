package recipe

import "strings"

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
	var out Faults
	for _, in := range rec.Inputs {
		if !used[in.Name] && !mentioned(rec, in.Name) {
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

// mentioned reports whether some expression reads inputs.NAME. It may take
// other text for an expression, which costs no more than a missing warning.
func mentioned(rec *Recipe, name string) bool {
	for _, n := range rec.Nodes {
		if n.When != nil && mentions(n.When.Text, name) || n.ForEach != nil && n.ForEach.Expr != nil && mentions(n.ForEach.Expr.Text, name) || n.Config.mentions(name) {
			return true
		}
	}
	return false
}

func mentions(text, name string) bool {
	for _, form := range []string{"inputs." + name, `inputs["` + name, "inputs['" + name} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func (v Value) mentions(name string) bool {
	if s, ok := v.Scalar.(string); ok && mentions(s, name) {
		return true
	}
	for _, item := range v.Items {
		if item.mentions(name) {
			return true
		}
	}
	for _, f := range v.Fields {
		if f.Value.mentions(name) {
			return true
		}
	}
	return false
}
