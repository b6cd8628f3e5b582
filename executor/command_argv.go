package executor

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
)

// argvPart is a piece of an argument: text, or what stood between braces.
type argvPart struct {
	text  string
	brace bool
}

// String returns the placeholder as written.
func (p argvPart) String() string { return "{" + p.text + "}" }

func (p argvPart) isInput() bool {
	return strings.HasPrefix(p.text, "in[") || strings.HasPrefix(p.text, "in.")
}

// input returns the index of the input that the placeholder names.
func (p argvPart) input(slots []string) (int, bool) {
	if name, ok := strings.CutPrefix(p.text, "in."); ok {
		at := slices.Index(slots, name)
		return at, at >= 0
	}
	digits, _ := strings.CutPrefix(p.text, "in[")
	digits, closed := strings.CutSuffix(digits, "]")
	at, err := strconv.Atoi(digits)
	return at, closed && err == nil && at >= 0 && strconv.Itoa(at) == digits
}

// splitArgument splits an argument. {{ and }} are braces, a } alone too.
func splitArgument(argument string) ([]argvPart, error) {
	var all []argvPart
	var text strings.Builder
	for rest := argument; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			text.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '{':
			inside, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return nil, fmt.Errorf("%s: a brace is not closed; write {{ for a brace", show(argument))
			}
			all = append(all, argvPart{text: text.String()}, argvPart{text: inside, brace: true})
			text.Reset()
			rest = after
		default:
			text.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	all = append(all, argvPart{text: text.String()})
	return slices.DeleteFunc(all, func(p argvPart) bool { return !p.brace && p.text == "" }), nil
}

// placeholders returns those of an argument that Normalize accepted.
func placeholders(argument string) []argvPart {
	all, _ := splitArgument(argument)
	return slices.DeleteFunc(all, func(p argvPart) bool { return !p.brace })
}

// argvFaults checks each placeholder against the outputs and, where they are
// known, the names of the inputs.
func (c commandConfig) argvFaults() (faults dag.ConfigErrors) {
	for i, argument := range c.Argv {
		fault := func(format string, args ...any) {
			faults = append(faults, dag.ConfigError{Path: []string{"argv", strconv.Itoa(i)}, Message: fmt.Sprintf(format, args...)})
		}
		all, err := splitArgument(argument)
		if err != nil {
			fault("%v", err)
		}
		for _, p := range all {
			if p.brace && !c.known(p) {
				fault("there is no %s%s; there are %s; write {{ for a brace", p, dag.Suggest(p.String(), c.allowed()), strings.Join(c.allowed(), ", "))
			}
		}
		if i == 0 && (argument == "" || len(all) > 1 && all[0].brace || strings.ContainsRune(argument, '/')) {
			fault("%s: want the plain name of a program, or an input that is a script", show(argument))
		}
	}
	return faults
}

func (c commandConfig) known(p argvPart) bool {
	if strings.HasPrefix(p.text, "in.") && len(c.Slots) == 0 {
		return len(p.text) > len("in.") // names are not known yet
	}
	if p.isInput() {
		_, ok := p.input(c.Slots)
		return ok
	}
	return slices.Contains(c.allowed(), p.String())
}

// allowed returns the placeholders there are.
func (c commandConfig) allowed() []string {
	all := []string{"{scratch}", "{in[0]}"}
	for _, name := range c.Slots {
		all = append(all, "{in."+name+"}")
	}
	if !c.multi() {
		return append(all, "{out}")
	}
	for _, name := range c.names() {
		all = append(all, "{out."+stem(name)+"}")
	}
	return all
}

func inputNames(slots []string, count int) string {
	switch {
	case len(slots) > 0:
		return strings.Join(slots, ", ")
	case count == 0:
		return "none"
	}
	return fmt.Sprintf("%d, from {in[0]} to {in[%d]}", count, count-1)
}

// expand returns the arguments with paths in place of the placeholders.
func (c commandConfig) expand(req Request, out string) ([]string, error) {
	var argv []string
	for i, argument := range c.Argv {
		all, err := splitArgument(argument)
		if err != nil {
			return nil, err
		}
		words, err := c.words(all, req, out)
		if err != nil {
			return nil, Invalid("argv.%d: %w", i, err)
		}
		if i == 0 && len(all) == 1 && all[0].brace {
			script, err := copyScript(words[0], req.Scratch)
			if err != nil {
				return nil, err
			}
			words = []string{script}
		}
		argv = append(argv, words...)
	}
	return argv, nil
}

// words returns what one argument becomes: several for a list of files alone.
func (c commandConfig) words(all []argvPart, req Request, out string) ([]string, error) {
	if len(all) == 1 && all[0].isInput() && all[0].brace {
		files, err := c.files(all[0], req.Inputs)
		return inputPaths(files), err
	}
	var word strings.Builder
	for _, p := range all {
		switch {
		case !p.brace:
			word.WriteString(p.text)
		case p.text == "scratch":
			word.WriteString(req.Scratch)
		case p.isInput():
			files, err := c.files(p, req.Inputs)
			if err != nil {
				return nil, err
			}
			if files[0].Path == "" {
				return nil, fmt.Errorf("%s is a list of %d files; make it an argument by itself", p, len(files[0].Members))
			}
			word.WriteString(files[0].Path)
		default:
			word.WriteString(filepath.Join(out, c.outputFile(p)))
		}
	}
	return []string{word.String()}, nil
}

func (c commandConfig) files(p argvPart, inputs []File) ([]File, error) {
	at, ok := p.input(c.Slots)
	if !ok || at >= len(inputs) {
		return nil, fmt.Errorf("there is no input %s; there are %s", p, inputNames(c.Slots, len(inputs)))
	}
	return inputs[at : at+1], nil
}

func (c commandConfig) outputFile(p argvPart) string {
	names := c.names()
	name, _ := strings.CutPrefix(p.text, "out.")
	return names[max(0, slices.IndexFunc(names, func(file string) bool { return stem(file) == name }))]
}

// copyScript copies a script to where it may be executable: inputs are not.
func copyScript(path, scratch string) (string, error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(scratch, "script"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(to, from); err != nil {
		return "", fmt.Errorf("copy script: %w", err)
	}
	return to.Name(), to.Close()
}
