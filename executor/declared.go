package executor

import "github.com/artdag/artdag/dag"

// Declared is what every step type embeds: its declaration, and the methods of
// Executor that follow from it. A type adds Output, Expect and Execute, and a
// Normalize of its own where the declaration cannot say everything.
type Declared struct{ spec Spec }

// Declare returns the part of a type that spec decides.
func Declare(spec Spec) Declared { return Declared{spec} }

// Spec returns the declaration.
func (d Declared) Spec() Spec { return d.spec }

// Type returns the versioned name: "SEGMENT@1".
func (d Declared) Type() string { return d.spec.Type() }

// Inputs returns the declared inputs.
func (d Declared) Inputs() dag.Arity { return d.spec.Arity }

// Normalize fills in defaults and refuses what is not declared.
func (d Declared) Normalize(config map[string]any) (map[string]any, error) {
	return d.spec.Normalize(config)
}
