package recipe

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// lineWidth is where Format goes over from {flow: style} to lines.
const lineWidth = 100

// Format prints a parsed recipe, of either form, as YAML in the native form:
// keys in a fixed order, values quoted where YAML needs it. Parsing the result
// gives the same recipe, and formatting that the same text. A recipe in the
// native form keeps its hash; the original system's form gets another, since
// its document changes. Comments stay with the line they stood on or above;
// those inside of what becomes one line move above it. Empty lines go.
//
// Format fails for a recipe that Parse did not make.
func Format(r *Recipe) ([]byte, error) {
	if r.source.tree.Fields == nil {
		return nil, errors.New("recipe: format: the recipe was not parsed from text")
	}
	var p printer
	for _, f := range inOrder(r.source.tree, recipeKeys).Fields {
		p.section(f)
	}
	return p.text(r.source.comments), nil
}

// inOrder sorts the fields of a map by a list of keys; others follow.
func inOrder(v Value, keys []string) Value {
	if v.Fields == nil {
		return v
	}
	rank := func(f Field) int {
		if i := slices.Index(keys, f.Key); i >= 0 {
			return i
		}
		return len(keys)
	}
	v.Fields = slices.Clone(v.Fields)
	slices.SortStableFunc(v.Fields, func(a, b Field) int { return rank(a) - rank(b) })
	return v
}

// printer gathers lines, each with the place that it had in the source.
type printer struct{ lines []line }

type line struct {
	pos, end Pos // from the first character to the last value that this line holds
	indent   int
	text     string
	verbatim bool // of a block scalar: no comment may stand here
	anchor   bool // no line at all, but comments may stand above it
}

func (p *printer) add(pos, end Pos, indent int, text string) {
	p.lines = append(p.lines, line{pos: pos, end: end, indent: indent, text: text})
}

// last returns the last place inside of v, whose fields may be reordered.
func (v Value) last() Pos {
	end := v.Pos
	later := func(pos Pos) {
		if pos.compare(end) > 0 {
			end = pos
		}
	}
	for _, f := range v.Fields {
		later(f.Value.last())
	}
	for _, item := range v.Items {
		later(item.last())
	}
	return end
}

// printedNodeKeys is the order in which a node reads best: what it goes over
// before what it does.
var printedNodeKeys = []string{"id", "for_each", "when", "type", "config", "inputs"}

// section prints one top-level key. Inputs, params, analysis and nodes have one
// entry a line.
func (p *printer) section(f Field) {
	v := f.Value
	switch f.Key {
	case "inputs", "params", "analysis":
		if len(v.Fields) == 0 {
			break
		}
		p.add(f.Pos, f.Pos, 0, f.Key+":")
		for _, entry := range v.Fields {
			entry.Value = inOrder(entry.Value, slices.Concat(inputKeys, paramKeys))
			p.field(entry, 2)
		}
		return
	case "nodes":
		p.add(f.Pos, f.Pos, 0, f.Key+":")
		for _, node := range v.Items {
			p.item(inOrder(node, printedNodeKeys), 2)
		}
		return
	}
	p.field(f, 0)
}

// field prints "key: value", on one line if it fits.
func (p *printer) field(f Field, indent int) {
	key := scalarText(f.Key)
	if s, ok := f.Value.Scalar.(string); ok && blockScalar(s) {
		p.block(f.Pos, key+": ", s, indent)
		return
	}
	text := key + ": " + flow(f.Value)
	if f.Value.short() || !f.Value.multiline() && indent+utf8.RuneCountInString(text) <= lineWidth {
		p.add(f.Pos, f.Value.last(), indent, text)
		return
	}
	p.add(f.Pos, f.Pos, indent, key+":")
	for _, inner := range f.Value.Fields {
		p.field(inner, indent+2)
	}
	for _, item := range f.Value.Items {
		p.item(item, indent+2)
	}
}

// item prints "- value", on one line if it fits or is no map.
func (p *printer) item(v Value, indent int) {
	if s, ok := v.Scalar.(string); ok && blockScalar(s) {
		p.block(v.Pos, "- ", s, indent)
		return
	}
	text := "- " + flow(v)
	if len(v.Fields) == 0 || !v.multiline() && indent+utf8.RuneCountInString(text) <= lineWidth {
		p.add(v.Pos, v.last(), indent, text)
		return
	}
	// Comments above the item stay above it, whichever key comes first now.
	p.lines = append(p.lines, line{pos: v.Pos, end: v.Pos, indent: indent, anchor: true})
	first := len(p.lines)
	for _, f := range v.Fields {
		p.field(f, indent+2)
	}
	p.lines[first].indent = indent
	p.lines[first].text = "- " + p.lines[first].text
}

// block prints text of several lines after |.
func (p *printer) block(pos Pos, before, s string, indent int) {
	header := before + "|"
	if !strings.HasSuffix(s, "\n") {
		header += "-"
	}
	p.lines = append(p.lines, line{pos: pos, indent: indent, text: header, verbatim: true})
	for text := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		p.lines = append(p.lines, line{indent: indent + 2, text: text, verbatim: true})
	}
}

// short reports whether v has no lines of its own: a scalar, {} or [].
func (v Value) short() bool { return len(v.Fields) == 0 && len(v.Items) == 0 }

// multiline reports whether some text inside needs lines of its own.
func (v Value) multiline() bool {
	if s, ok := v.Scalar.(string); ok {
		return blockScalar(s)
	}
	return slices.ContainsFunc(v.Items, Value.multiline) ||
		slices.ContainsFunc(v.Fields, func(f Field) bool { return f.Value.multiline() })
}

func flow(v Value) string {
	var b strings.Builder
	writeFlow(&b, v)
	return b.String()
}

func writeFlow(b *strings.Builder, v Value) {
	switch {
	case v.Fields != nil:
		b.WriteByte('{')
		for i, f := range v.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(scalarText(f.Key))
			b.WriteString(": ")
			writeFlow(b, f.Value)
		}
		b.WriteByte('}')
	case v.Items != nil:
		b.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			writeFlow(b, item)
		}
		b.WriteByte(']')
	default:
		b.WriteString(scalarText(v.Scalar))
	}
}
