package provenance

import (
	"encoding/json"
	"fmt"

	"github.com/artdag/artdag/dag"
)

// steps writes the steps as canonical JSON, straight into one text: there may
// be a hundred thousand, and a map for each takes ten times as long.
func steps(steps []Step) (json.RawMessage, error) {
	w := &stepWriter{text: make([]byte, 0, 2+512*len(steps))}
	for i, s := range steps {
		w.write(s)
		if w.err != nil {
			return nil, fmt.Errorf("step %d: %w", i, w.err)
		}
	}
	if len(steps) == 0 {
		return json.RawMessage("[]"), nil
	}
	w.text[0] = '['
	return append(w.text, ']'), nil
}

type stepWriter struct {
	text  []byte
	begun bool // the object has a field
	err   error
}

// write appends a step, after a comma. The fields come in the order of their
// names, as RFC 8785 wants it; what is empty is left out.
func (w *stepWriter) write(s Step) {
	w.text, w.begun = append(w.text, ",{"...), false
	w.field("cacheId", s.CacheID.String())
	w.text = fmt.Appendf(w.text, `,"cached":%t`, s.Cached)
	w.field("content", s.Content.String())
	if !s.Finished.IsZero() {
		w.field("finishedOn", timestamp(s.Finished))
	}
	w.field("label", s.Label)
	if !s.ResolvedID.IsZero() {
		w.field("resolvedId", s.ResolvedID.String())
	}
	if !s.Started.IsZero() {
		w.field("startedOn", timestamp(s.Started))
	}
	w.field("toolchain", s.Toolchain)
	w.field("type", s.Type)
	w.field("worker", s.Worker)
	w.text = append(w.text, '}')
}

func (w *stepWriter) field(name, value string) {
	if value == "" {
		return
	}
	if w.begun {
		w.text = append(w.text, ',')
	}
	w.begun = true
	w.text = append(append(append(w.text, '"'), name...), `":`...)
	if isPlain(value) {
		w.text = append(append(append(w.text, '"'), value...), '"')
		return
	}
	quoted, err := dag.Canonical(value)
	if err != nil {
		w.err = fmt.Errorf("%s: %w", name, err)
	}
	w.text = append(w.text, quoted...)
}

// isPlain reports whether JSON writes the text as it is.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
