package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/artdag/artdag/executor/sandbox"
)

// toolCall is one command that a step ran, with the folder that it ran in as
// it was before: what xargs needs to run the same.
type toolCall struct {
	tool   string
	args   []string
	env    []string
	dir    string // as the arguments name it
	before string // a copy of it
	// links are the names under which the step saw files of the user's, and
	// what they stood for: they are gone when the step is.
	links map[string]string
}

// moved returns text with the names that held during the step replaced.
func (c toolCall) moved(text []byte, dir string) []byte {
	for name, file := range c.links {
		text = bytes.ReplaceAll(text, []byte(name), []byte(file))
	}
	return bytes.ReplaceAll(text, []byte(c.dir), []byte(dir))
}

// recorder is a Runner that notes the commands of one tool.
type recorder struct {
	sandbox.Runner
	bench *bench
	tool  string

	mu    sync.Mutex
	calls []toolCall
}

// Run notes the command and passes it on.
func (r *recorder) Run(ctx context.Context, cmd sandbox.Command) error {
	if cmd.Tool == r.tool {
		if err := r.note(cmd); err != nil {
			return err
		}
	}
	return r.Runner.Run(ctx, cmd)
}

func (r *recorder) note(cmd sandbox.Command) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, err := r.bench.folder("before")
	if err != nil {
		return err
	}
	links, err := linksIn(cmd.Read)
	if err != nil {
		return err
	}
	r.calls = append(r.calls, toolCall{cmd.Tool, slices.Clone(cmd.Args), cmd.Env, cmd.Dir, before, links})
	return copyTree(cmd.Dir, before, func(text []byte) []byte { return text })
}

// linksIn returns the symbolic links at and below the paths with the files
// that they stand for.
func linksIn(paths []string) (map[string]string, error) {
	links := make(map[string]string)
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type() == fs.ModeSymlink {
				links[name], err = filepath.EvalSymlinks(name)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return links, nil
}

// commandsOf runs the work once, unmeasured, and returns what its tool was
// called with.
func (b *bench) commandsOf(tool string, w work) ([]toolCall, error) {
	r := &recorder{bench: b, tool: tool}
	w.wrap = func(run sandbox.Runner) sandbox.Runner { r.Runner = run; return r }
	_, err := b.inProcess(w)
	if err == nil && len(r.calls) == 0 {
		err = fmt.Errorf("%s was not called", tool)
	}
	return r.calls, err
}

// again is a set of calls set up in folders of their own, ready to run.
type again struct {
	dirs []string
	list []byte // a line for xargs each
	env  []string
}

// setUp makes the folders anew, with each name of the old one in arguments and
// files replaced.
func (b *bench) setUp(calls []toolCall) (*again, error) {
	a := &again{env: os.Environ()}
	for _, call := range calls {
		dir, err := b.folder("again")
		if err != nil {
			return nil, err
		}
		moved := func(text []byte) []byte { return call.moved(text, dir) }
		if err := copyTree(call.before, dir, moved); err != nil {
			return nil, err
		}
		line := []string{"-C", dir, "PWD=" + dir, "HOME=" + dir, call.tool} // Blender believes PWD
		for _, arg := range call.args {
			line = append(line, string(moved([]byte(arg))))
		}
		a.dirs = append(a.dirs, dir)
		a.list = append(a.list, quoted(line)+"\n"...)
		a.env = append(a.env, call.env...)
	}
	return a, nil
}

// run is `xargs -P 2 -L 1 env -C DIR TOOL ARGUMENTS...`, a line of the list
// each; env executes the tool in its own place.
func (a *again) run(b *bench, parallel int) error {
	c := exec.CommandContext(b.ctx, "xargs", "-P", fmt.Sprint(parallel), "-L", "1", "env")
	var said bytes.Buffer // Blender tells its errors on stdout
	c.Stdin, c.Stdout, c.Stderr, c.Env = bytes.NewReader(a.list), &said, &said, a.env
	if err := c.Run(); err != nil {
		return fmt.Errorf("xargs: %w: %s", err, tail(said.Bytes()))
	}
	return nil
}

// remove takes the folders away.
func (a *again) remove() error {
	var err error
	for _, dir := range a.dirs {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// xargs sets calls up and measures nothing but running them.
func (b *bench) xargs(calls []toolCall, parallel int) (took float64, err error) {
	a, err := b.setUp(calls)
	if err != nil {
		return 0, err
	}
	took, err = seconds(func() error { return a.run(b, parallel) })
	return took, errors.Join(err, a.remove())
}

// quoted writes arguments as xargs reads them.
func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = `"` + strings.ReplaceAll(arg, `"`, `"'"'"`) + `"`
	}
	return strings.Join(words, " ")
}

// copyTree copies what is small and regular, each file through change, and
// links as links.
func copyTree(from, to string, change func([]byte) []byte) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		dest := filepath.Join(to, name)
		switch {
		case entry.IsDir():
			return os.MkdirAll(dest, 0o755)
		case entry.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(string(change([]byte(target))), dest)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(dest, change(text), 0o644)
	})
}
