package executor

import (
	"fmt"
	"maps"
	"slices"

	"github.com/artdag/artdag/dag"
)

// Registry maps plain type names to executors. It is built once and is safe
// for concurrent use.
type Registry struct{ byName map[string]Executor }

var _ dag.Types = (*Registry)(nil)

// NewRegistry returns a registry of the given executors. Two of one name is an
// error.
func NewRegistry(executors ...Executor) (*Registry, error) {
	r := &Registry{byName: make(map[string]Executor, len(executors))}
	for _, e := range executors {
		name := e.Spec().Name
		if _, taken := r.byName[name]; taken {
			return nil, fmt.Errorf("executor: two step types are named %s", name)
		}
		r.byName[name] = e
	}
	return r, nil
}

// Get returns the executor of a plain name, or false.
func (r *Registry) Get(name string) (Executor, bool) {
	e, ok := r.byName[name]
	return e, ok
}

// Lookup is Get for planning.
func (r *Registry) Lookup(name string) (dag.Type, bool) {
	e, ok := r.byName[name]
	return e, ok
}

// Names returns all plain names, sorted.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.byName))
	for name := range r.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// With returns a registry that holds more types as well: the one line that a
// program adds for a step type of its own. A name that is taken is an error.
func (r *Registry) With(more ...Executor) (*Registry, error) {
	all := slices.Collect(maps.Values(r.byName))
	return NewRegistry(append(all, more...)...)
}
