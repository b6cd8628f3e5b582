package main

import (
	"fmt"
	"html"
	"strings"

	"github.com/artdag/artdag/dag"
)

// graph is a plan drawn by its nodes: a fan-out is one box, however many steps
// it has, because nobody can read a picture of a thousand boxes.
type graph struct {
	boxes []box // in the order of the plan
	edges [][2]int
}

// box is a source or a node with its steps.
type box struct {
	name, typ     string // typ is empty for a source
	steps, cached int
	level         int // longest way from a source
}

// graphOf collapses the steps of each node.
func graphOf(plan *dag.Plan, known []bool) graph {
	g := grouping{index: make(map[string]int), node: make(map[dag.CacheID]int), seen: make(map[[2]int]bool), names: newNames(plan)}
	for i, s := range plan.Steps {
		at := g.box(s.Node, s.TypeName())
		g.node[s.ID] = at
		g.boxes[at].steps++
		if known[i] {
			g.boxes[at].cached++
		}
		for _, in := range s.Inputs {
			g.connect(g.producer(in), at)
		}
	}
	return g.graph
}

type grouping struct {
	graph
	index map[string]int
	node  map[dag.CacheID]int
	seen  map[[2]int]bool
	names names
}

func (g *grouping) box(name, typ string) int {
	if at, ok := g.index[name]; ok {
		return at
	}
	g.boxes = append(g.boxes, box{name: name, typ: typ})
	g.index[name] = len(g.boxes) - 1
	return len(g.boxes) - 1
}

func (g *grouping) producer(in dag.Input) int {
	if in.IsSource() {
		return g.source(in)
	}
	return g.node[in.Step]
}

// source is one box for all files of an input. Its key cannot be a node's id.
func (g *grouping) source(in dag.Input) int {
	name, _, _ := strings.Cut(g.names.input(in), "[")
	at := g.box("input "+name, "")
	g.boxes[at].name = name
	return at
}

func (g *grouping) connect(from, to int) {
	if from == to || g.seen[[2]int{from, to}] {
		return
	}
	g.seen[[2]int{from, to}] = true
	g.edges = append(g.edges, [2]int{from, to})
	g.boxes[to].level = max(g.boxes[to].level, g.boxes[from].level+1)
}

// title and detail are the two lines of a box.
func (b box) title() string { return b.name }

func (b box) detail() string {
	switch {
	case b.typ == "":
		return "input"
	case b.steps == 1:
		return b.typ + " [" + statusOf(b.cached == 1) + "]"
	}
	return fmt.Sprintf("%s x %d, %d cached", b.typ, b.steps, b.cached)
}

func (b box) color() string {
	switch {
	case b.typ == "":
		return "#dbe7f5"
	case b.cached == b.steps:
		return "#d9f0d9"
	case b.cached > 0:
		return "#f6f0cf"
	}
	return "#f7ddd0"
}

// dotOf writes the graph in the DOT language of Graphviz.
func dotOf(g graph) string {
	var b strings.Builder
	b.WriteString("digraph plan {\n  rankdir=LR;\n  node [shape=box, style=filled, fontname=\"sans-serif\"];\n")
	for i, box := range g.boxes {
		fmt.Fprintf(&b, "  n%d [label=%q, fillcolor=%q];\n", i, box.title()+"\n"+box.detail(), box.color())
	}
	for _, e := range g.edges {
		fmt.Fprintf(&b, "  n%d -> n%d;\n", e[0], e[1])
	}
	b.WriteString("}\n")
	return b.String()
}

// The measures of the picture, in pixels.
const (
	boxWidth, boxHeight = 190, 46
	columnGap, rowGap   = 70, 18
	margin              = 20
)

// svgOf draws the boxes in columns by level, left to right.
func svgOf(g graph) string {
	rows := make(map[int]int)
	xs, ys := make([]int, len(g.boxes)), make([]int, len(g.boxes))
	width, height := 0, 0
	for i, box := range g.boxes {
		xs[i] = margin + box.level*(boxWidth+columnGap)
		ys[i] = margin + rows[box.level]*(boxHeight+rowGap)
		rows[box.level]++
		width, height = max(width, xs[i]+boxWidth+margin), max(height, ys[i]+boxHeight+margin)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n", width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for _, e := range g.edges {
		drawEdge(&b, xs[e[0]]+boxWidth, ys[e[0]]+boxHeight/2, xs[e[1]], ys[e[1]]+boxHeight/2)
	}
	for i, box := range g.boxes {
		drawBox(&b, box, xs[i], ys[i])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func drawEdge(b *strings.Builder, x1, y1, x2, y2 int) {
	bend := max((x2-x1)/2, columnGap/2)
	fmt.Fprintf(b, `<path d="M%d %dC%d %d %d %d %d %d" fill="none" stroke="#8a8f98" stroke-width="1.4"/>`+"\n",
		x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
}

func drawBox(b *strings.Builder, box box, x, y int) {
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="#5b616b"/>`+"\n",
		x, y, boxWidth, boxHeight, box.color())
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text><text x="%d" y="%d" fill="#444">%s</text>`+"\n",
		x+10, y+19, html.EscapeString(clip(box.title(), 24)), x+10, y+36, html.EscapeString(clip(box.detail(), 27)))
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
