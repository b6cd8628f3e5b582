package recipe

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// readJSON turns a valid JSON text into a tree. It has a reader of its own
// because YAML readers differ on escapes and tabs.
func readJSON(data []byte) (source, error) {
	r := jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), pos: Pos{1, 1}}
	r.decoder.UseNumber()
	tree, err := r.value(1)
	return source{tree: tree}, err
}

type jsonReader struct {
	data    []byte
	decoder *json.Decoder
	at      int // offset of pos
	pos     Pos
}

// next returns the next token and where it starts.
func (r *jsonReader) next() (json.Token, Pos, error) {
	start := int(r.decoder.InputOffset())
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	for r.at < start {
		c, size := utf8.DecodeRune(r.data[r.at:])
		r.at += size
		r.pos.Col++
		if c == '\n' {
			r.pos = Pos{r.pos.Line + 1, 1}
		}
	}
	tk, err := r.decoder.Token()
	return tk, r.pos, err
}

func (r *jsonReader) value(level int) (Value, error) {
	tk, pos, err := r.next()
	if err != nil {
		return Value{}, err
	}
	if level > MaxLevels {
		return Value{}, &Fault{Pos: pos, Message: tooDeep}
	}
	v := Value{Pos: pos, Start: pos, Scalar: tk}
	switch tk := tk.(type) {
	case json.Delim:
		if tk == '{' {
			return r.object(pos, level)
		}
		return r.list(pos, level)
	case string:
		v.Start.Col++
	case json.Number:
		if v.Scalar, err = number(tk.String()); err != nil {
			return Value{}, &Fault{Pos: pos, Message: err.Error()}
		}
	}
	return v, nil
}

func (r *jsonReader) list(pos Pos, level int) (Value, error) {
	out := Value{Pos: pos, Start: pos, Items: []Value{}}
	for r.decoder.More() {
		item, err := r.value(level + 1)
		if err != nil {
			return Value{}, err
		}
		out.Items = append(out.Items, item)
	}
	_, _, err := r.next()
	return out, err
}

func (r *jsonReader) object(pos Pos, level int) (Value, error) {
	out := Value{Pos: pos, Start: pos, Fields: []Field{}}
	seen := map[string]Pos{}
	for r.decoder.More() {
		tk, at, err := r.next()
		if err != nil {
			return Value{}, err
		}
		field := Field{Pos: at}
		field.Key, _ = tk.(string)
		if first, twice := seen[field.Key]; twice {
			return Value{}, twiceFault(field, first)
		}
		seen[field.Key] = at
		if field.Value, err = r.value(level + 1); err != nil {
			return Value{}, err
		}
		out.Fields = append(out.Fields, field)
	}
	_, _, err := r.next()
	return out, err
}
