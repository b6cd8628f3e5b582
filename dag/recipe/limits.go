package recipe

import "fmt"

// Limits of a document. MaxMarks bounds memory, about 300 bytes for each token.
// The last three bound what the YAML library does in quadratic time: cutting
// blank lines off a text, reading a block-style map, adding missing values.
const (
	MaxBytes  = 8 << 20
	MaxLevels = 64
	MaxMarks  = 1_000_000 // line ends and characters with a meaning in YAML or JSON
	MaxBlank  = 100       // blank lines in a row
	MaxKeys   = 2000
	MaxEmpty  = 1000
)

const marks = "\r\n,:[]{}-?&*!|>#%\"'"

// checkMarks refuses, before reading starts, a text that would cost much more
// than its length.
func checkMarks(text []byte) *Fault {
	var isMark [256]bool
	for i := range len(marks) {
		isMark[marks[i]] = true
	}
	line, count, blank := 1, 0, 0
	for i := range len(text) {
		c := text[i]
		if isMark[c] {
			count++
		}
		switch {
		case c == '\n' || c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			line++
			blank++
		case c != ' ' && c != '\t' && c != '\r':
			blank = 0
		}
		if count > MaxMarks {
			return &Fault{Pos: Pos{line, 1}, Message: fmt.Sprintf("the recipe has more than %d lines and marks; shorten it with for_each", MaxMarks)}
		}
		if blank > MaxBlank {
			return &Fault{Pos: Pos{line, 1}, Message: fmt.Sprintf("more than %d blank lines in a row", MaxBlank)}
		}
	}
	return nil
}
