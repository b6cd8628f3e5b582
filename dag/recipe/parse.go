package recipe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/artdag/artdag/dag"
)

// source is the document in the native form, with its comments.
type source struct {
	tree     Value
	comments []comment
}

// Parse reads a recipe in YAML or JSON, in the native form or the original
// system's. file names it in messages. The error is Faults: one fault when the
// text cannot be read, otherwise everything that is wrong with the structure.
// Safe for concurrent use.
func Parse(file string, text []byte) (*Recipe, error) {
	src, fault := readSource(text)
	if fault != nil {
		fault.File = file
		return nil, Faults{*fault}
	}
	document, _ := src.tree.Plain().(map[string]any)
	hash, err := dag.HashRecipe(document)
	if err != nil {
		return nil, Faults{{File: file, Message: err.Error()}}
	}
	r := &reader{file: file}
	src.tree = r.native(src.tree)
	recipe := r.recipe(src.tree)
	recipe.Document, recipe.Hash, recipe.source = document, hash, src
	if len(r.faults) > 0 {
		return nil, r.sorted()
	}
	return recipe, nil
}

// readSource turns text into a tree whose root is a map.
func readSource(text []byte) (source, *Fault) {
	if len(text) > MaxBytes {
		return source{}, &Fault{Message: fmt.Sprintf("the recipe has %d bytes; at most %d are read", len(text), MaxBytes)}
	}
	if fault := checkUTF8(text); fault != nil {
		return source{}, fault
	}
	if fault := checkMarks(text); fault != nil {
		return source{}, fault
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	read := readYAML
	if json.Valid(text) {
		read = readJSON
	}
	src, err := read(text)
	if err != nil {
		var fault *Fault
		if errors.As(err, &fault) {
			return source{}, fault
		}
		return source{}, &Fault{Message: err.Error()}
	}
	if src.tree.Fields == nil {
		pos := src.tree.Pos
		if pos == (Pos{}) {
			pos = Pos{1, 1}
		}
		return source{}, &Fault{Pos: pos, Message: "a recipe is a map with nodes and outputs"}
	}
	return src, nil
}

func checkUTF8(text []byte) *Fault {
	if utf8.Valid(text) {
		return nil
	}
	pos := Pos{1, 1}
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		if c == utf8.RuneError && size == 1 {
			return &Fault{Pos: pos, Message: fmt.Sprintf("byte 0x%02x is not UTF-8; save the file as UTF-8", text[0])}
		}
		pos.Col++
		if c == '\n' {
			pos = Pos{pos.Line + 1, 1}
		}
		text = text[size:]
	}
	return nil
}

// recipe reads the native tree.
func (r *reader) recipe(tree Value) *Recipe {
	fields := r.fields(tree, "the recipe", recipeKeys)
	out := &Recipe{
		File:        r.file,
		Name:        r.text(fields["name"], "name"),
		Version:     r.version(fields["version"]),
		Description: r.text(fields["description"], "description"),
		Inputs:      r.inputs(fields["inputs"]),
		Params:      r.params(fields["params"]),
		Analysis:    r.analysis(fields["analysis"]),
		Nodes:       r.nodes(fields["nodes"], tree.Pos),
		Outputs:     r.outputs(fields["outputs"], tree.Pos),
	}
	if out.Name == "" {
		base := filepath.Base(r.file)
		out.Name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	r.references(out)
	if len(r.faults) == 0 {
		out.Warnings = unused(out)
	}
	return out
}

func (r *reader) sorted() Faults {
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Col - b.Pos.Col
	})
	return r.faults
}
