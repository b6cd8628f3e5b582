package lua

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// header is what the comment before a script says.
type header struct {
	name, text, body string
	keys, argv       string
}

func headerOf(t *testing.T, verb string) header {
	t.Helper()
	text, err := files.ReadFile(verb + ".lua")
	if err != nil {
		t.Fatal(err)
	}
	h := header{name: verb}
	lines := strings.Split(string(text), "\n")
	var i int
	for i = 0; i < len(lines) && strings.HasPrefix(lines[i], "--"); i++ {
		h.text += strings.TrimPrefix(strings.TrimPrefix(lines[i], "--"), " ") + "\n"
	}
	h.body = strings.Join(lines[i:], "\n")
	h.keys = h.section("KEYS[1]") + h.section("DERIVED")
	h.argv = h.section("ARGV[1]")
	return h
}

// section is the paragraph of the header that begins with a word.
func (h header) section(word string) string {
	at := strings.Index(h.text, "\n"+word)
	if at < 0 {
		return ""
	}
	rest := h.text[at+1:]
	for _, next := range []string{"\nKEYS", "\nDERIVED", "\nARGV", "\nReturns", "\nCost", "\nUSES"} {
		rest, _, _ = strings.Cut(rest, next)
	}
	return rest
}

func TestEveryScriptSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	for _, verb := range Verbs() {
		h := headerOf(t, verb)
		if !strings.HasPrefix(h.text, verb+" ") || !strings.Contains(strings.SplitN(h.text, "\nKEYS", 2)[0], ".") {
			t.Errorf("%s.lua does not begin with its purpose: %q", verb, strings.SplitN(h.text, "\n", 2)[0])
		}
		for _, word := range []string{"KEYS[1] {prefix}epoch string", "DERIVED ", "ARGV[1] epoch", "Returns {", "Cost O("} {
			if !strings.Contains(h.text, "\n"+word) {
				t.Errorf("the header of %s.lua has no line %q", verb, word)
			}
		}
	}
}

var argument = regexp.MustCompile(`ARGV\[(\d+)\]`)

func TestHeadersListTheArguments(t *testing.T) {
	t.Parallel()
	for _, verb := range Verbs() {
		h := headerOf(t, verb)
		for _, found := range argument.FindAllStringSubmatch(h.body, -1) {
			n, _ := strconv.Atoi(found[1])
			many := strings.Contains(h.argv, "then") // a list follows the last number
			if !strings.Contains(h.argv, "["+found[1]+"]") && (!many || n <= highest(h.argv)) {
				t.Errorf("%s.lua uses ARGV[%s], which its header does not explain: %s", verb, found[1], h.argv)
			}
		}
		for n := 1; n <= highest(h.argv); n++ {
			if !strings.Contains(h.argv, "["+strconv.Itoa(n)+"]") {
				t.Errorf("the header of %s.lua leaves out ARGV[%d]", verb, n)
			}
		}
	}
}

func highest(argv string) int {
	most := 0
	for _, found := range regexp.MustCompile(`\[(\d+)\]`).FindAllStringSubmatch(argv, -1) {
		n, _ := strconv.Atoi(found[1])
		most = max(most, n)
	}
	return most
}

// names of keys as scripts write them, and as headers list them.
var derived = []struct{ code, key string }{
	{`step_key(`, "{epoch}:step:{id}"}, {`job_key(`, "{epoch}:job:{job}"}, {`ready_key(`, "{epoch}:ready:{job}:{class}"},
	{`turns_key(`, "{epoch}:turns:{class}:{priority}"},
}

var literal = regexp.MustCompile(`\b([PQ]) \.\. '([a-z_]+):?'`)

func TestHeadersListTheKeys(t *testing.T) {
	t.Parallel()
	for _, verb := range Verbs() {
		h := headerOf(t, verb)
		listed := h.keys + keysOfOthers(t, h.keys)
		for _, d := range derived {
			if strings.Contains(h.body, d.code) && !strings.Contains(listed, d.key) {
				t.Errorf("%s.lua derives %s, which its header does not list", verb, d.key)
			}
		}
		for _, found := range literal.FindAllStringSubmatch(h.body, -1) {
			space := map[string]string{"P": "{prefix}", "Q": "{epoch}:"}[found[1]]
			if found[2] != "bell" && !strings.Contains(listed, space+found[2]) { // bell is a channel
				t.Errorf("%s.lua derives %s%s, which its header does not list", verb, space, found[2])
			}
		}
	}
}

// keysOfOthers are those that "as of complete" stands for.
func keysOfOthers(t *testing.T, keys string) string {
	t.Helper()
	var out string
	for _, found := range regexp.MustCompile(`as of ([a-z]+)`).FindAllStringSubmatch(keys, -1) {
		other := headerOf(t, found[1]).keys
		out += other + keysOfOthers(t, other)
	}
	return out
}

func TestSourceRefusesWhatIsNoVerb(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"core", "nothing", ""} {
		if _, err := Source(name); err == nil {
			t.Errorf("Source(%q) gave a script", name)
		}
	}
}
