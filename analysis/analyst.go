package analysis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// Store keeps what was measured. Implementations are safe for concurrent use.
// A store with a method ReadOnly() bool that returns true is only read.
type Store interface {
	// Analysis returns a stored document. Any error means that it is not there,
	// and the feature is measured again.
	Analysis(id dag.AnalysisID) ([]byte, error)
	// PutAnalysis stores one; the same id is only ever stored with the same
	// meaning.
	PutAnalysis(id dag.AnalysisID, document []byte) error
}

// Analyst measures inputs. It is safe for concurrent use.
type Analyst struct {
	Run   sandbox.Runner
	Store Store // nil stores nothing
	// Scratch makes an empty folder for the time of one measurement. An hour of
	// sound takes 320 MB in it while beats or onsets are measured.
	Scratch func() (dir string, remove func(), err error)
}

// Source is the file to measure.
type Source struct {
	Path string
	Hash dag.ContentHash // of its bytes
	// Kind is what the file was declared to be; empty accepts anything that can
	// be measured.
	Kind dag.Kind
}

// Measure returns the document of the named features ("beats", in any order).
// It blocks until all are measured or found in the store; progress, which may
// be nil, is told the part of a feature that is done, 0 to 1, from one
// goroutine. The first failure ends it and is returned; see the package comment
// for its kinds. When ctx ends, running tools are killed and its error is
// returned.
func (a *Analyst) Measure(ctx context.Context, in Source, features []string, progress func(feature string, done float64)) (Document, error) {
	wanted, err := choose(features)
	if err != nil {
		return Document{}, err
	}
	s, remove, err := a.open(in, progress)
	if err != nil {
		return Document{}, err
	}
	defer remove()
	// Every other feature needs to know what the file has, and whether it is
	// whole.
	if s.probe, err = a.probe(ctx, s); err != nil {
		return Document{}, err
	}
	if err := s.fits(in.Kind); err != nil {
		return Document{}, err
	}
	values := make(map[string]any)
	for _, f := range wanted {
		measured, err := a.one(ctx, s, f)
		if err != nil {
			return Document{}, err
		}
		maps.Copy(values, measured)
	}
	return newDocument(values)
}

// probe returns the facts of the file. Scenes of Blender and data that is no
// media have only few, which are not stored: they depend on the declaration.
func (a *Analyst) probe(ctx context.Context, s *session) (map[string]any, error) {
	blend, err := s.isBlend()
	if err != nil {
		return nil, err
	}
	if blend {
		return s.minimal(dag.Blend), nil
	}
	values, err := a.one(ctx, s, probeFeature())
	var bad *InputError
	if s.in.Kind == dag.Data && errors.As(err, &bad) {
		return s.minimal(dag.Data), nil
	}
	return values, err
}

// choose returns the named features, sorted by name.
func choose(names []string) ([]Feature, error) {
	set := Features()
	var out []Feature
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		f, ok := set.Lookup(name)
		if !ok {
			return nil, fmt.Errorf("there is no feature %q%s; there are %s",
				name, dag.Suggest(name, set.Names()), strings.Join(set.Names(), ", "))
		}
		out = append(out, f)
	}
	return out, nil
}

// one returns a feature from the store, or measures and stores it.
func (a *Analyst) one(ctx context.Context, s *session, f Feature) (map[string]any, error) {
	if f.Name == "probe" && s.probe != nil {
		return s.probe, nil
	}
	id := dag.HashAnalysis(s.in.Hash, f.Versioned())
	if a.Store != nil {
		if text, err := a.Store.Analysis(id); err == nil {
			if values, ok := readValues(text); ok {
				return values, nil
			}
		}
	}
	s.feature = f.Name
	values, err := f.measure(ctx, s)
	switch {
	case ctx.Err() != nil: // even if the tool was quicker: nobody wants the values
		return nil, fmt.Errorf("measure %s of %s: %w", f.Name, s.name(), context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("measure %s: %w", f.Name, err)
	}
	s.report(1)
	return values, a.keep(s, id, values)
}

func (a *Analyst) keep(s *session, id dag.AnalysisID, values map[string]any) error {
	// What was read while it changed is no fact about the hash.
	if err := s.unchanged(); err != nil {
		return err
	}
	if store, ok := a.Store.(interface{ ReadOnly() bool }); a.Store == nil || ok && store.ReadOnly() {
		return nil
	}
	text, err := dag.Canonical(values)
	if err != nil {
		return fmt.Errorf("analysis: %w", err)
	}
	if err := a.Store.PutAnalysis(id, text); err != nil {
		return fmt.Errorf("store analysis of %s: %w", s.name(), err)
	}
	return nil
}
