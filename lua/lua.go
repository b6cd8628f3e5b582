// Package lua holds the claim and scheduling scripts: one verb a file, embedded,
// with the fragments that several share and the names of the keys.
//
// A script's header says what it guarantees, its keys and arguments with units,
// what it returns and what it costs. Every script is given one key, the epoch;
// the keys that it derives lie on the same slot of a cluster, because the
// prefix carries the hash tag. Scripts read and decide first and write last:
// an error does not undo earlier writes.
//
// Only packages claim, index and tasks call these scripts.
package lua

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

//go:embed *.lua
var files embed.FS

// fragments are not verbs; USES in a header names them.
var fragments = []string{"core", "spare", "ready", "take", "own"}

var uses = regexp.MustCompile(`(?m)^-- USES (.+)$`)

// Verbs returns the names of all verbs, sorted.
func Verbs() []string {
	names, err := fs.Glob(files, "*.lua")
	if err != nil {
		panic(err) // the pattern is constant
	}
	var verbs []string
	for _, name := range names {
		verb := strings.TrimSuffix(name, ".lua")
		if !isFragment(verb) {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

func isFragment(name string) bool {
	for _, f := range fragments {
		if f == name {
			return true
		}
	}
	return false
}

// Source returns the whole text of a verb: the fragments it uses, then itself.
func Source(verb string) (string, error) {
	body, err := files.ReadFile(verb + ".lua")
	if err != nil || isFragment(verb) {
		return "", fmt.Errorf("lua: there is no verb %s", verb)
	}
	var text strings.Builder
	if found := uses.FindSubmatch(body); found != nil {
		for _, name := range strings.Fields(string(found[1])) {
			part, err := files.ReadFile(path.Clean(name + ".lua"))
			if err != nil {
				return "", fmt.Errorf("lua: %s uses %s: %w", verb, name, err)
			}
			text.Write(part)
		}
	}
	text.Write(body)
	return text.String(), nil
}
