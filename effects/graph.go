package effects

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/artdag/artdag/dag"
)

// marker stands for a placeholder while a graph is checked. No name or label
// may hold it, so that only values can be placeholders.
const marker = "\x01"

// checkGraph reads the graph as ffmpeg does (libavfilter/graphparser.c) and
// refuses what is not plainly harmless. The names of the placeholders are
// added to used.
func checkGraph(e Effect, graph string, g grammar, used map[string]bool) error {
	for _, found := range placeholder.FindAllStringSubmatch(graph, -1) {
		if !contains(known(e), found[1]) {
			return unknownPlaceholder(e, found[1])
		}
		used[found[1]] = true
	}
	if strings.ContainsAny(graph, marker+"\\") {
		return errors.New("control characters and backslashes are not allowed; quote expressions with '...'")
	}
	text := placeholder.ReplaceAllString(graph, marker)
	if strings.Contains(text, "$") {
		return errors.New("a $ that is not a placeholder; write ${name}")
	}
	// In expressions these read the clock, give other numbers each time, or
	// need not end.
	if found := regexp.MustCompile(`\b(time|random|randomi|while)\s*\(`).FindString(text); found != "" {
		return fmt.Errorf("%s...) is not allowed in an expression", found)
	}
	g.rest = text
	return g.graph()
}

// grammar consumes a graph from the left.
type grammar struct {
	rest    string
	allowed []string
	// labels are 1 after their output and 0 after their use. Both graphs of an
	// effect share them, because they become parts of one.
	labels map[string]int
}

func (g *grammar) graph() error {
	for chain := 0; ; chain++ {
		first, last, err := g.chain()
		if err != nil {
			return err
		}
		if (chain == 0) == first {
			return errors.New("the first chain takes the input, so it begins without [label]; every other begins with one")
		}
		more := g.take(";")
		if more != last {
			return errors.New("the last chain gives the output, so it ends without [label]; every other ends with one")
		}
		if more {
			continue
		}
		if g.rest != "" {
			return fmt.Errorf("near %q: want a filter", clip(g.rest))
		}
		return g.closed()
	}
}

// closed sees to it that each label joins one output to one input, so that
// ffmpeg finds no loose end to connect as it likes.
func (g *grammar) closed() error {
	for label, count := range g.labels {
		if count != 0 {
			return fmt.Errorf("[%s] is not used once as an output and once as an input", label)
		}
	}
	return nil
}

// chain reports whether it begins and ends with a label.
func (g *grammar) chain() (first, last bool, err error) {
	for n := 0; ; n++ {
		in, err := g.label(-1)
		if err != nil {
			return false, false, err
		}
		if n == 0 {
			first = in
		}
		if err := g.filter(); err != nil {
			return false, false, err
		}
		if last, err = g.label(+1); err != nil {
			return false, false, err
		}
		if !g.take(",") {
			return first, last, nil
		}
	}
}

// label reads [a][b]. An output must come before its use.
func (g *grammar) label(sign int) (found bool, err error) {
	for g.take("[") {
		name, rest, closed := strings.Cut(g.rest, "]")
		if !closed || !regexp.MustCompile(`^[a-z][a-z0-9]*$`).MatchString(name) {
			return false, fmt.Errorf("near %q: a label is lower-case letters and digits, a letter first", clip("["+g.rest))
		}
		_, before := g.labels[name]
		g.labels[name] += sign
		if n := g.labels[name]; n < 0 || n > 1 || n == 1 && before {
			return false, fmt.Errorf("[%s] is used twice, or before it is made", name)
		}
		g.rest, found = rest, true
	}
	return found, nil
}

func (g *grammar) filter() error {
	g.space()
	name := regexp.MustCompile(`^[a-z0-9_]+`).FindString(g.rest)
	g.rest = g.rest[len(name):]
	if !contains(g.allowed, name) {
		return fmt.Errorf("filter %q near %q is not one of those allowed%s", name, clip(g.rest), dag.Suggest(name, g.allowed))
	}
	if !g.take("=") {
		return nil
	}
	return g.options()
}

// options reads up to the end of the filter. ffmpeg removes quotes before it
// splits at colons, and newer ones read the value of /name=... from a file.
func (g *grammar) options() error {
	var plain strings.Builder
	quoted := false
	at := 0
	for ; at < len(g.rest) && (quoted || !strings.ContainsRune("[],;", rune(g.rest[at]))); at++ {
		if g.rest[at] == '\'' {
			quoted = !quoted
			continue
		}
		plain.WriteByte(g.rest[at])
	}
	if quoted {
		return fmt.Errorf("near %q: a quote that does not end", clip(g.rest))
	}
	for option := range strings.SplitSeq(plain.String(), ":") {
		name, _, named := strings.Cut(option, "=")
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "/") || named && !regexp.MustCompile(`^[A-Za-z0-9_]+$`).MatchString(name) {
			return fmt.Errorf("option %q: want name=value or a value", clip(option))
		}
	}
	g.rest = g.rest[at:]
	return nil
}

// take consumes the token, with white space before it, if it comes next.
func (g *grammar) take(token string) bool {
	g.space()
	rest, found := strings.CutPrefix(g.rest, token)
	g.rest = rest
	return found
}

func (g *grammar) space() { g.rest = strings.TrimLeft(g.rest, " \t\r\n") }

func clip(s string) string {
	if len(s) > 40 {
		return s[:37] + "..."
	}
	return s
}
