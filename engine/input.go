package engine

import (
	"fmt"
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
		force: r.forced(i), watch: r.watch, inputs: make([]input, len(step.Inputs)),
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
	return input{content: hash, path: path, name: filepath.Base(path), facts: facts}, nil
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
		file.Path = in.source.Path
		return file, in.source.Unchanged()
	}
	if len(in.members) == 0 {
		var err error
		file.Path, err = e.Cache.Borrow(s, in.path, name+filepath.Ext(in.path))
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

// inPlace are the inputs outside the scratch folder, which the sandbox must
// show one by one.
func inPlace(files []executor.File, scratch string) []string {
	var out []string
	for _, f := range files {
		if f.Path != "" && !strings.HasPrefix(f.Path, scratch) {
			out = append(out, f.Path)
		}
	}
	return out
}
