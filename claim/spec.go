package claim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Spec is what a worker needs to know of a step before it fetches anything.
type Spec struct {
	ID     dag.CacheID     `json:"-"`
	Type   string          `json:"t"`           // versioned
	Config json.RawMessage `json:"c,omitempty"` // normalised; empty when ConfigAt is set
	// ConfigAt names the content that holds a config above 4 KB.
	ConfigAt dag.ContentHash `json:"ca,omitzero"`
	Inputs   []dag.Input     `json:"i,omitempty"`
	Realm    string          `json:"r,omitempty"`
	Label    string          `json:"l,omitempty"` // of the job that submitted it first
	Slots    int             `json:"-"`
	Class    string          `json:"-"`           // resource class: which queue it goes through
	Tags     []string        `json:"-"`           // what a worker must have
	Cost     float64         `json:"$,omitempty"` // estimated seconds
	Bytes    int64           `json:"b,omitempty"` // estimated size of the output
	// Gone is a result that is known and whose bytes can be had nowhere: the
	// step is done again, and what it comes to then replaces it. Zero for none.
	Gone    dag.ContentHash `json:"-"`
	Multi   bool            `json:"m,omitempty"`
	Format  string          `json:"f,omitempty"`
	Members []string        `json:"mm,omitempty"`
	// Lists are the places of inputs that are whole outputs of steps with
	// several: manifests.
	Lists []int `json:"li,omitempty"`
}

// IsList reports whether the input at that place is a manifest.
func (s Spec) IsList(input int) bool { return slices.Contains(s.Lists, input) }

// Producers are the steps that it reads, each once, in order of appearance.
func (s Spec) Producers() []dag.CacheID {
	var out []dag.CacheID
	seen := make(map[dag.CacheID]bool)
	for _, in := range s.Inputs {
		if !in.IsSource() && !seen[in.Step] {
			seen[in.Step] = true
			out = append(out, in.Step)
		}
	}
	return out
}

// Step is the spec as a step of a plan.
func (s Spec) Step() *dag.Step {
	return &dag.Step{
		ID: s.ID, Type: s.Type, Config: s.Config, Inputs: s.Inputs, Label: s.Label, Slots: s.Slots,
		Cost: s.Cost, Bytes: s.Bytes, Multi: s.Multi, Format: s.Format, Members: s.Members,
	}
}

// Resolve returns the resolved_id: the step with each input written as the
// content it turned out to be, in the order of Inputs.
func (s Spec) Resolve(contents []dag.ContentHash) dag.CacheID {
	return s.Step().Resolve(contents, s.Realm)
}

// encode writes the producers' ids, which scripts read, and the rest.
func (s Spec) encode() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("claim: write spec of %s: %w", s.ID.Short(), err)
	}
	var b strings.Builder
	for i, p := range s.Producers() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.String())
	}
	b.WriteByte('\n')
	b.Write(text)
	return b.String(), nil
}

// decodeSpec reads what encode wrote. A field that it does not know may change what
// the step means, so that is an error; what was read nevertheless is empty.
func decodeSpec(id dag.CacheID, text string) (Spec, error) {
	_, body, ok := strings.Cut(text, "\n")
	s := Spec{ID: id}
	if !ok {
		return s, fmt.Errorf("claim: step %s has no spec", id.Short())
	}
	strict := json.NewDecoder(strings.NewReader(body))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&s); err != nil {
		return Spec{ID: id}, fmt.Errorf("claim: read spec of %s: %w", id.Short(), err)
	}
	return s, nil
}

// tagList writes tags as scripts compare them: ",a,b,".
func tagList(tags []string) string {
	if len(tags) == 0 {
		return ""
	}
	sorted := slices.Sorted(slices.Values(tags))
	return "," + strings.Join(sorted, ",") + ","
}
