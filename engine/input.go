package engine

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
)

// input is one input of a step whose bytes are known: a source read in place,
// a source in the cache, or the result of a step or a member of it.
type input struct {
	content dag.ContentHash
	source  *cache.Source // read in place
	path    string        // in the cache
	ext     string        // that tools see when path has none
	name    string
	facts   *dag.Facts
	members []input
}

func contents(inputs []input) []dag.ContentHash {
	out := make([]dag.ContentHash, len(inputs))
	for i, in := range inputs {
		out[i] = in.content
	}
	return out
}

// workOf gathers what step i needs. Its inputs are all known when it is ready.
func (r *run) workOf(i int) (work, error) {
	step := &r.plan.Steps[i]
	w := work{
		index: i, step: step, realm: r.plan.Realm, slots: r.slots(i),
		force: r.forced(i), inputs: make([]input, len(step.Inputs)),
		progress:  func(done float64) { r.watch(Event{Kind: Progress, Step: step, Done: done}) },
		performed: func() { r.performed <- i },
	}
	for n, in := range step.Inputs {
		var err error
		if w.inputs[n], err = r.resolve(in); err != nil {
			return w, fmt.Errorf("input %d: %w", n+1, err)
		}
	}
	return w, nil
}

func (r *run) resolve(in dag.Input) (input, error) {
	if in.IsSource() {
		return r.source(in.Content)
	}
	entry := r.entries[r.index[in.Step]]
	if in.Member == "" {
		return whole(entry), nil
	}
	for _, m := range entry.Members {
		if m.Name == in.Member {
			return member(m), nil
		}
	}
	return input{}, fmt.Errorf("step %s has no output named %s", in.Step.Short(), in.Member)
}

func (r *run) source(hash dag.ContentHash) (input, error) {
	facts := r.job.Facts[hash]
	if s, ok := r.job.Sources[hash]; ok {
		return input{content: hash, source: &s, name: filepath.Base(s.Path), facts: facts}, nil
	}
	path, err := r.engine.Cache.Content(hash)
	if err != nil {
		return input{}, fmt.Errorf("content %s: %w", hash.Short(), err)
	}
	return input{content: hash, path: path, ext: sniffed(path), name: filepath.Base(path), facts: facts}, nil
}

func whole(e *cache.Entry) input {
	in := input{content: e.Content, path: e.Path, facts: e.Facts}
	for _, m := range e.Members {
		in.members = append(in.members, member(m))
	}
	return in
}

func member(m cache.Member) input {
	return input{content: m.Content, path: m.Path, name: m.Name, facts: m.Facts}
}

// borrow hard-links inputs that lie in the cache into the step's scratch
// folder, so that evicting an entry never takes a file from under a tool.
// Sources are read where they are.
func (e *Engine) borrow(s *cache.Scratch, inputs []input) ([]executor.File, error) {
	files := make([]executor.File, len(inputs))
	for i, in := range inputs {
		file, err := e.borrowOne(s, in, fmt.Sprintf("in/%05d", i))
		if err != nil {
			return nil, err
		}
		files[i] = file
	}
	return files, nil
}

func (e *Engine) borrowOne(s *cache.Scratch, in input, name string) (executor.File, error) {
	file := executor.File{Hash: in.content, Facts: in.facts, Name: in.name}
	if in.source != nil {
		return e.borrowSource(s, file, *in.source, name)
	}
	if len(in.members) == 0 {
		var err error
		file.Path, err = e.Cache.Borrow(s, in.path, name+cmp.Or(filepath.Ext(in.path), in.ext))
		return file, err
	}
	for _, m := range in.members {
		borrowed, err := e.borrowOne(s, m, name+"/"+m.name)
		if err != nil {
			return file, err
		}
		file.Members = append(file.Members, borrowed)
	}
	return file, nil
}

// borrowSource gives a source a name of ours: tools take a % or a leading dash
// in a name for more than a name.
func (e *Engine) borrowSource(s *cache.Scratch, file executor.File, source cache.Source, name string) (executor.File, error) {
	if err := source.Unchanged(); err != nil {
		return file, err
	}
	file.Path = filepath.Join(s.Dir, name+plainExt(source.Path))
	if err := os.Symlink(source.Path, file.Path); err != nil {
		return file, fmt.Errorf("engine: link %s: %w", source.Path, err)
	}
	return file, nil
}

// plainExt is the extension where it is letters and digits, else none.
func plainExt(path string) string {
	ext := filepath.Ext(path)
	if strings.Trim(strings.ToLower(ext), ".abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return ext
}

// unchanged compares every source that was read in place with what it was when
// it was hashed.
func unchanged(inputs []input) error {
	for _, in := range inputs {
		if in.source == nil {
			continue
		}
		if err := in.source.Unchanged(); err != nil {
			return err
		}
	}
	return nil
}

// inPlace are the sources, which the sandbox must show where they are.
func inPlace(inputs []input) []string {
	var out []string
	for _, in := range inputs {
		if in.source != nil {
			out = append(out, in.source.Path)
		}
	}
	return out
}
