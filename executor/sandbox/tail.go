package sandbox

import (
	"bytes"
	"io"
	"strings"
)

const (
	tailLines = 20
	tailLine  = 1000 // bytes kept of one line
)

// tail passes output on and keeps its last lines. A carriage return ends a
// line too: progress that overwrites itself is many short lines.
type tail struct {
	to    io.Writer // nil discards
	lines []string
	part  []byte
}

// Write keeps and passes on.
func (t *tail) Write(p []byte) (int, error) {
	rest := p
	for {
		at := bytes.IndexAny(rest, "\r\n")
		if at < 0 {
			break
		}
		t.keep(rest[:at])
		t.end()
		rest = rest[at+1:]
	}
	t.keep(rest)
	if t.to == nil {
		return len(p), nil
	}
	return t.to.Write(p)
}

func (t *tail) keep(p []byte) {
	room := max(tailLine-len(t.part), 0)
	t.part = append(t.part, p[:min(len(p), room)]...)
}

func (t *tail) end() {
	if len(bytes.TrimSpace(t.part)) > 0 {
		t.lines = append(t.lines, strings.ToValidUTF8(string(t.part), "?"))
	}
	t.lines = t.lines[max(len(t.lines)-tailLines, 0):]
	t.part = t.part[:0]
}

// last returns the kept lines, oldest first.
func (t *tail) last() []string {
	t.end()
	return t.lines
}
