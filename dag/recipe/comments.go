package recipe

import "github.com/goccy/go-yaml/token"

// comment is one comment of the text, without its # and the space behind it.
type comment struct {
	pos      Pos
	text     string
	trailing bool // something stands before it on its line
}

func commentsOf(tokens token.Tokens) []comment {
	var out []comment
	line := 0 // the last line that holds something else
	for _, tk := range tokens {
		if tk.Type != token.CommentType {
			line = tk.Position.Line
			continue
		}
		out = append(out, comment{place(tk), tk.Value, tk.Position.Line == line})
	}
	return out
}
