package analysis

import (
	"bytes"
	"strings"
)

// lines is a writer that hands each line of a tool's output to each as soon as
// it is whole. Longer ones than longestLine, which no tool writes of itself but
// a hostile file may cause, are cut there.
type lines struct {
	each func(line string)
	rest []byte
}

const longestLine = 16 << 10

// Write never fails.
func (l *lines) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; {
		at := bytes.IndexByte(rest, '\n')
		if at < 0 {
			l.add(rest)
			break
		}
		l.add(rest[:at])
		l.each(strings.TrimRight(string(l.rest), "\r"))
		l.rest, rest = l.rest[:0], rest[at+1:]
	}
	return len(data), nil
}

func (l *lines) add(part []byte) {
	l.rest = append(l.rest, part[:min(len(part), longestLine-len(l.rest))]...)
}
