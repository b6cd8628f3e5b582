package dag

import (
	"fmt"
	"strings"
)

// Types is what planning needs to know of the step types. The executor
// registry implements it.
type Types interface {
	// Lookup returns the type of that plain name ("SEGMENT"), or false.
	Lookup(name string) (Type, bool)
	// Names returns all plain names, sorted.
	Names() []string
}

// Type is one step type as planning sees it. Methods are pure and safe for
// concurrent use.
type Type interface {
	// Type returns the versioned name: "SEGMENT@1".
	Type() string
	// Inputs declares the inputs that the type takes.
	Inputs() Arity
	// Normalize fills in defaults and refuses what is not declared. The
	// argument is not changed. Errors are ConfigErrors.
	Normalize(config map[string]any) (map[string]any, error)
	// Output returns the kind of the output, given a normalised config and the
	// kinds of the inputs in order.
	Output(config map[string]any, inputs []Kind) Kind
	// Expect says what the step will produce, from a normalised config and the
	// facts of its inputs in order; nil facts are unknown. An error means that
	// the step cannot succeed: a cut past the end, a transition longer than its
	// clip.
	Expect(config map[string]any, inputs []*Facts) (Expectation, error)
}

// Arity declares the inputs of a type: the fixed slots in order, then any
// number of Rest.
type Arity struct {
	Slots []Slot
	// Rest, if set, takes Min or more further inputs, in order; Max 0 means no
	// limit. A name that stands for several steps may only be used here.
	Rest     *Slot
	Min, Max int
	// Named types accept a map of inputs with free names: they are ordered by
	// name and the normalised config holds the names as "slots".
	Named bool
}

// Slot is one declared input.
type Slot struct {
	Name string
	Doc  string
	// Kinds lists what is accepted; empty accepts anything.
	Kinds []Kind
}

// Accepts reports whether the slot takes an input of kind k. Data fits
// everywhere because nothing is known of it.
func (s Slot) Accepts(k Kind) bool {
	if len(s.Kinds) == 0 || k == Data || k == "" {
		return true
	}
	for _, kind := range s.Kinds {
		if kind == k {
			return true
		}
	}
	return false
}

// Expectation is what a step states before it starts.
type Expectation struct {
	// Facts of the output, or of each member; nil when unknown because an
	// input's facts are.
	Facts *Facts
	// Multi says that the step has several outputs; Members are their names in
	// order, nil where they cannot be known yet.
	Multi   bool
	Members []string
	// Slots the step takes (at least 1), and Cost, estimated seconds of work on
	// one slot.
	Slots int
	Cost  float64
}

// ConfigError is one fault in a config.
type ConfigError struct {
	// Path leads to the value: ["inputs", "0", "opacity"]. Empty means the
	// config as a whole.
	Path []string
	// Message says what is wrong and what is allowed, without the path.
	Message string
	// Unknown is set when the last element of Path is a key that does not
	// exist, so that the fault is shown at the key rather than at its value.
	Unknown bool
	// Form is set when the value breaks its own declaration, whatever the other
	// keys are. Such a fault is sure even while other values are not known yet.
	Form bool
}

// Error returns "duration: must be more than 0".
func (e ConfigError) Error() string {
	if len(e.Path) == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s: %s", strings.Join(e.Path, "."), e.Message)
}

// ConfigErrors is every fault of one config, at least one.
type ConfigErrors []ConfigError

// Error joins the faults with "; ".
func (e ConfigErrors) Error() string {
	parts := make([]string, len(e))
	for i, fault := range e {
		parts[i] = fault.Error()
	}
	return strings.Join(parts, "; ")
}
