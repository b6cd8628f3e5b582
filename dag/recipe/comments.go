package recipe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// comment is one comment of the text, without its #.
type comment struct {
	pos      Pos
	text     string
	trailing bool // something stands before it on its line
}

func commentsOf(tokens token.Tokens) []comment {
	var out []comment
	last := 0 // the last line that holds something else
	for _, tk := range tokens {
		if tk.Type != token.CommentType {
			last = tk.Position.Line
			continue
		}
		out = append(out, comment{place(tk), strings.TrimSpace(tk.Value), tk.Position.Line == last})
	}
	return out
}

func (c comment) String() string { return strings.TrimSpace("# " + c.text) }

func (p Pos) compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// text joins the lines, each with its comments.
func (p *printer) text(comments []comment) []byte {
	above, beside, rest := p.attach(comments)
	var b strings.Builder
	write := func(indent int, text string) {
		if text != "" {
			b.WriteString(strings.Repeat(" ", indent))
		}
		b.WriteString(text + "\n")
	}
	for i, l := range p.lines {
		for _, c := range above[i] {
			write(l.indent, c.String())
		}
		if c, ok := beside[i]; ok {
			l.text += " " + c.String()
		}
		if !l.anchor {
			write(l.indent, l.text)
		}
	}
	for _, c := range rest {
		write(0, c.String())
	}
	return []byte(b.String())
}

// attach finds the line of each comment: one beside something stays beside the
// line that now holds it, unless it has company there; all others go above the
// line that holds what followed them. rest follows the last line.
func (p *printer) attach(comments []comment) (above map[int][]comment, beside map[int]comment, rest []comment) {
	order := p.placed()
	above, beside = map[int][]comment{}, map[int]comment{}
	trailing := map[int][]comment{}
	for _, c := range comments {
		next, _ := slices.BinarySearchFunc(order, c.pos, func(i int, pos Pos) int { return p.lines[i].pos.compare(pos) })
		switch {
		case c.trailing && next > 0:
			at := order[next-1]
			trailing[at] = append(trailing[at], c)
		case next > 0 && c.pos.compare(p.lines[order[next-1]].end) < 0:
			at := order[next-1] // what followed the comment is on that line now
			above[at] = append(above[at], c)
		case next < len(order):
			above[order[next]] = append(above[order[next]], c)
		default:
			rest = append(rest, c)
		}
	}
	for i, list := range trailing {
		if len(list) == 1 && !p.lines[i].verbatim {
			beside[i] = list[0]
		} else {
			above[i] = append(above[i], list...)
		}
	}
	return above, beside, rest
}

// placed returns the indexes of the lines that stood in the source, in the
// order they had there.
func (p *printer) placed() []int {
	var order []int
	for i, l := range p.lines {
		if l.pos.Line > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return p.lines[i].pos.compare(p.lines[j].pos) })
	return order
}
