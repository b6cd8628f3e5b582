package analysis

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/planner"
)

// Feature is one thing that can be measured of an input.
type Feature struct {
	Name    string
	Version int // raised by any change that alters what is measured
	Doc     string
	// Kinds of input that have the feature.
	Kinds []dag.Kind
	// Fields it adds to the input's analysis document.
	Fields map[string]planner.FieldType
	// Tools it runs.
	Tools []string

	measure func(context.Context, *session) (map[string]any, error)
}

// Versioned returns the name that identities are made of: "beats@1".
func (f Feature) Versioned() string { return fmt.Sprintf("%s@%d", f.Name, f.Version) }

// Set is the features there are. It is immutable and safe for concurrent use.
type Set struct{ byName map[string]Feature }

var _ planner.Features = (*Set)(nil)

// Features returns all features.
func Features() *Set {
	set := &Set{byName: make(map[string]Feature)}
	for _, f := range []Feature{
		probeFeature(), beatsFeature(), onsetsFeature(), energyFeature(),
		loudnessFeature(), silenceFeature(), scenesFeature(),
	} {
		set.byName[f.Name] = f
	}
	return set
}

// Lookup returns the feature of that name, or false.
func (s *Set) Lookup(name string) (Feature, bool) {
	f, ok := s.byName[name]
	return f, ok
}

// Fields returns the fields that the feature adds, or false for a feature that
// does not exist.
func (s *Set) Fields(name string) (map[string]planner.FieldType, bool) {
	f, ok := s.byName[name]
	return f.Fields, ok
}

// Names returns the names of all features, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.byName)) }

// withSound are the kinds that may have a sound track; withPicture those with
// a moving picture. Data may turn out to be either.
func withSound() []dag.Kind   { return []dag.Kind{dag.Video, dag.Audio, dag.Data} }
func withPicture() []dag.Kind { return []dag.Kind{dag.Video, dag.Data} }
