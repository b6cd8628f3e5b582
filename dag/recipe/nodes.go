package recipe

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	nodeKeys    = []string{"id", "type", "config", "inputs", "for_each", "when"}
	forEachKeys = []string{"each", "zip", "cross"}
	exampleNode = "{id: cut, type: SEGMENT, inputs: [clip]}"
)

// itemForm is how inputs name an element of a fan-out over steps.
var itemForm = regexp.MustCompile(`^\$item(?:\[([0-9]{1,4})\])?$`)

func (r *reader) nodes(v Value, root Pos) []Node {
	switch {
	case absent(v):
		r.fault(root, "the recipe has no nodes; add nodes: [%s]", exampleNode)
	case v.Items == nil:
		r.fault(v.Pos, "nodes: want a list of nodes such as %s, got %s", exampleNode, describe(v))
	case len(v.Items) == 0:
		r.fault(v.Pos, "nodes: the list is empty; add a node such as %s", exampleNode)
	}
	out := make([]Node, 0, len(v.Items))
	for _, item := range v.Items {
		if item.Fields == nil {
			r.fault(item.Pos, "nodes: want a map such as %s, got %s", exampleNode, describe(item))
			continue
		}
		out = append(out, r.node(item))
	}
	return out
}

func (r *reader) node(v Value) Node {
	n := Node{Pos: v.Pos}
	for _, f := range v.Fields {
		if f.Key == "id" {
			n.ID, n.Pos = r.text(f.Value, "id"), f.Value.Start
		}
	}
	what := strings.TrimSpace("node " + clip(n.ID))
	keys := r.fields(v, what, nodeKeys)
	if _, isText := keys["id"].Scalar.(string); isText || absent(keys["id"]) {
		r.name(n.ID, n.Pos, "node")
	}
	n.Type = r.text(keys["type"], what+": type")
	if absent(keys["type"]) {
		r.fault(n.Pos, "%s needs a type", what)
	}
	n.Config = r.config(keys["config"], what)
	n.ForEach = r.forEach(keys["for_each"], what)
	n.When = r.when(keys["when"], what)
	n.Inputs = r.nodeInputs(keys["inputs"], what)
	for _, ref := range n.Inputs.all() {
		r.itemReference(ref, n.ForEach, what)
	}
	return n
}

func (r *reader) config(v Value, what string) Value {
	if absent(v) || v.Fields != nil {
		return v
	}
	if v.Scalar == nil && v.Items == nil {
		return Value{} // "config:" with nothing behind it
	}
	r.fault(v.Pos, "%s: config: want a map, got %s", what, describe(v))
	return Value{}
}

// when is an expression; true and false may stand without quotes.
func (r *reader) when(v Value, what string) *Text {
	switch scalar := v.Scalar.(type) {
	case bool:
		return &Text{fmt.Sprint(scalar), v.Start}
	case string:
		return &Text{scalar, v.Start}
	}
	if !absent(v) {
		r.fault(v.Pos, "%s: when: want an expression in quotes, got %s", what, describe(v))
	}
	return nil
}

func (r *reader) forEach(v Value, what string) *ForEach {
	what += ": for_each"
	expression, isText := v.Scalar.(string)
	switch {
	case absent(v):
		return nil
	case isText:
		return &ForEach{Expr: &Text{expression, v.Start}, Pos: v.Pos}
	case v.Items != nil:
		r.fault(v.Pos, `%s: want an expression, got a list; put it in quotes: "[1, 2, 3]"`, what)
		return nil
	case len(v.Fields) != 1:
		r.fault(v.Pos, "%s: want an expression in quotes, {each: NODE}, {zip: [NODES]} or {cross: [NODES]}", what)
		return nil
	}
	keys := r.fields(v, what, forEachKeys)
	out := &ForEach{Pos: v.Pos}
	if each := keys["each"]; !absent(each) {
		out.Each = &Reference{r.text(each, what+": each"), each.Start}
	}
	out.Zip = r.several(keys["zip"], what+": zip")
	out.Cross = r.several(keys["cross"], what+": cross")
	if out.Each == nil && out.Zip == nil && out.Cross == nil {
		return nil
	}
	return out
}

func (r *reader) several(v Value, what string) []Reference {
	if absent(v) {
		return nil
	}
	names := r.texts(v, what)
	if len(names) < 2 && len(v.Items) < 2 {
		r.fault(v.Pos, "%s: want at least two nodes", what)
	}
	return referencesTo(names)
}

func referencesTo(names []Text) []Reference {
	out := make([]Reference, len(names))
	for i, name := range names {
		out[i] = Reference{name.Text, name.Pos}
	}
	return out
}

func (r *reader) nodeInputs(v Value, what string) Inputs {
	what += ": inputs"
	in := Inputs{Pos: v.Pos}
	if v.Fields == nil {
		if absent(v) || v.Scalar == nil && v.Items == nil {
			return in
		}
		in.List = referencesTo(r.texts(v, what))
		return in
	}
	for _, f := range v.Fields {
		r.slot(f.Key, f.Pos, what)
		slot := what + ": " + clip(f.Key)
		refs := referencesTo(r.texts(f.Value, slot))
		if len(refs) == 0 && f.Value.Items != nil && len(f.Value.Items) == 0 {
			r.fault(f.Value.Pos, "%s: the list is empty", slot)
		}
		in.Named = append(in.Named, NamedInput{f.Key, refs, f.Pos})
	}
	return in
}

// slot checks the name of an input: that of a declared slot, or of a file that
// a .blend links, such as textures/wood.png.
func (r *reader) slot(name string, pos Pos, what string) {
	switch {
	case name == "":
		r.fault(pos, "%s: slot needs a name", what)
	case len(name) > maxSlot || strings.ContainsFunc(name, unicode.IsControl):
		r.fault(pos, "%s: slot %q: want at most %d bytes without control characters", what, clip(name), maxSlot)
	}
}

// maxSlot bounds the name of a slot in bytes: a path within a .blend.
const maxSlot = 255

// all returns the references in order, those of slots too.
func (in Inputs) all() []Reference {
	if in.Named == nil {
		return in.List
	}
	var out []Reference
	for _, named := range in.Named {
		out = append(out, named.Refs...)
	}
	return out
}

// itemReference checks $item and $item[0], which exist only where the elements
// of the fan-out are steps.
func (r *reader) itemReference(ref Reference, each *ForEach, what string) {
	match := itemForm.FindStringSubmatch(ref.Name)
	switch {
	case !strings.HasPrefix(ref.Name, "$"):
		return
	case match == nil:
		r.fault(ref.Pos, "%s: %q: the element of a fan-out is $item, or $item[0] with zip and cross", what, clip(ref.Name))
		return
	case each == nil:
		r.fault(ref.Pos, "%s: $item needs for_each: {each: NODE}, {zip: [NODES]} or {cross: [NODES]}", what)
		return
	case each.Expr != nil:
		r.fault(ref.Pos, "%s: the elements of this for_each are values, not steps; use ${item} in config", what)
		return
	}
	width := len(each.Zip) + len(each.Cross)
	if index, err := strconv.Atoi(match[1]); err == nil && width > 0 && index >= width {
		r.fault(ref.Pos, "%s: %s is beyond the %d nodes of its for_each; they count from 0", what, ref.Name, width)
	}
}

func (r *reader) outputs(v Value, root Pos) []Reference {
	if absent(v) {
		r.fault(root, "the recipe has no outputs; name the nodes to keep: outputs: [film]")
		return nil
	}
	out := referencesTo(r.texts(v, "outputs"))
	if v.Items != nil && len(v.Items) == 0 {
		r.fault(v.Pos, "outputs: the list is empty; name the nodes to keep: outputs: [film]")
	}
	seen := map[string]bool{}
	for _, ref := range out {
		if seen[ref.Name] {
			r.fault(ref.Pos, "outputs: %s is there twice", clip(ref.Name))
		}
		seen[ref.Name] = true
	}
	return out
}
