package effects

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/artdag/artdag/dag"
)

// Bounds of a document.
const (
	maxDocument = 64 << 10 // bytes
	maxBrackets = 1000
	maxDepth    = 16 // levels of maps and lists
)

// document is the form of the file.
type document struct {
	Name    string                   `yaml:"name"`
	Doc     string                   `yaml:"doc"`
	Version int                      `yaml:"version"`
	Params  map[string]paramDocument `yaml:"params"`
	Video   string                   `yaml:"video"`
	Audio   string                   `yaml:"audio"`
}

type paramDocument struct {
	Type    Type     `yaml:"type"`
	Default any      `yaml:"default"`
	Min     *float64 `yaml:"min"`
	Max     *float64 `yaml:"max"`
	Choices []string `yaml:"choices"`
	Unit    string   `yaml:"unit"`
	Doc     string   `yaml:"doc"`
}

// Parse reads and checks one document. Errors say what is wrong and what is
// allowed.
func Parse(data []byte) (Effect, error) {
	if len(data) > maxDocument {
		return Effect{}, fmt.Errorf("%d bytes; a document has at most %d", len(data), maxDocument)
	}
	if err := plain(data); err != nil {
		return Effect{}, err
	}
	var d document
	if err := yaml.UnmarshalWithOptions(data, &d, yaml.Strict(), yaml.DisallowUnknownField()); err != nil {
		return Effect{}, err
	}
	effect := Effect{
		Name: d.Name, Doc: strings.TrimSpace(d.Doc), Version: d.Version,
		Video: strings.TrimSpace(d.Video), Audio: strings.TrimSpace(d.Audio),
	}
	var err error
	if effect.Params, err = params(d.Params); err != nil {
		return Effect{}, err
	}
	if err := check(effect); err != nil {
		return Effect{}, err
	}
	effect.Definition, err = define(effect)
	return effect, err
}

// plain refuses what makes a small YAML text large or ambiguous: anchors,
// aliases, merge keys, tags, deep nesting, several documents.
func plain(data []byte) error {
	if strings.Count(string(data), "[")+strings.Count(string(data), "{") > maxBrackets {
		return fmt.Errorf("more than %d brackets", maxBrackets)
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) > 1 {
		return fmt.Errorf("%d YAML documents; want one", len(file.Docs))
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return errors.New("an empty document")
	}
	var v visitor
	ast.Walk(&v, file.Docs[0].Body)
	return v.err
}

type visitor struct{ err error }

func (v *visitor) Visit(node ast.Node) ast.Visitor {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		v.err = fmt.Errorf("line %d: anchors, aliases, merge keys and tags are not allowed", node.GetToken().Position.Line)
		return nil
	}
	if strings.Count(node.GetPath(), ".") > maxDepth {
		v.err = fmt.Errorf("nested deeper than %d levels", maxDepth)
		return nil
	}
	return v
}

func isName(s string) bool {
	return len(s) <= 64 && regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(s)
}

func check(e Effect) error {
	switch {
	case !isName(e.Name):
		return fmt.Errorf("name %q: want lower-case letters, digits and _, a letter first, at most 64", e.Name)
	case e.Doc == "":
		return errors.New("doc is missing: one sentence that says what the effect does")
	case e.Version < 1:
		return fmt.Errorf("version %d: want 1 or more", e.Version)
	case e.Video == "" && e.Audio == "":
		return errors.New("no graph: want video, audio or both")
	}
	used, labels := map[string]bool{}, map[string]int{}
	for _, graph := range []struct {
		name, text string
		allowed    []string
	}{{"video", e.Video, videoFilters()}, {"audio", e.Audio, audioFilters()}} {
		if graph.text == "" {
			continue
		}
		if err := checkGraph(e, graph.text, grammar{allowed: graph.allowed, labels: labels}, used); err != nil {
			return fmt.Errorf("%s: %w", graph.name, err)
		}
	}
	return checkUsed(e, used)
}

func checkUsed(e Effect, used map[string]bool) error {
	for _, p := range e.Params {
		if !used[p.Name] {
			return fmt.Errorf("parameter %s is not used in a graph; write ${%s} or remove it", p.Name, p.Name)
		}
	}
	return nil
}

// known returns the names that may stand in ${}.
func known(e Effect) []string {
	names := mediaNames()
	for _, p := range e.Params {
		names = append(names, p.Name)
	}
	return names
}

func unknownPlaceholder(e Effect, name string) error {
	return fmt.Errorf("${%s} is neither a parameter nor one of %s%s",
		name, strings.Join(mediaNames(), ", "), dag.Suggest(name, known(e)))
}
