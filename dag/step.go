package dag

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Input is one input of a step: bytes that exist already, or what another step
// will produce. Exactly one of Content and Step is set.
type Input struct {
	Content ContentHash // bytes: a source, or any input of a resolved_id
	Step    CacheID     // the output of a step
	Member  string      // one member of a step with several outputs; empty for the whole output
}

// ContentInput returns the input that stands for bytes.
func ContentInput(h ContentHash) Input { return Input{Content: h} }

// StepInput returns the input that stands for the output of a step, or with a
// member for one of its several outputs.
func StepInput(id CacheID, member string) Input { return Input{Step: id, Member: member} }

// IsSource reports whether the input is bytes rather than another step.
func (in Input) IsSource() bool { return in.Step.IsZero() }

// String returns the form that identities are made of: "content:<hash>",
// "step:<cache_id>" or "step:<cache_id>/<member>".
func (in Input) String() string { return string(in.appendHash(nil)) + in.suffix() }

// appendHash appends the form without its member.
func (in Input) appendHash(b []byte) []byte {
	if in.IsSource() {
		return hex.AppendEncode(append(b, "content:"...), in.Content[:])
	}
	return hex.AppendEncode(append(b, "step:"...), in.Step[:])
}

func (in Input) suffix() string {
	if in.IsSource() || in.Member == "" {
		return ""
	}
	return "/" + in.Member
}

// MarshalText returns the form of String.
func (in Input) MarshalText() ([]byte, error) { return []byte(in.String()), nil }

// UnmarshalText reads the form of String.
func (in *Input) UnmarshalText(text []byte) error {
	kind, rest, _ := strings.Cut(string(text), ":")
	switch kind {
	case "content":
		hash, err := ParseID[ContentHash](rest)
		*in = ContentInput(hash)
		return err
	case "step":
		return in.unmarshalStep(rest)
	}
	return fmt.Errorf("input %q: want content:<hash> or step:<cache_id>", clip(string(text)))
}

// unmarshalStep reads "<cache_id>" or "<cache_id>/<member>".
func (in *Input) unmarshalStep(text string) error {
	id, member, cut := strings.Cut(text, "/")
	step, err := ParseID[CacheID](id)
	switch {
	case err != nil:
		return err
	case step.IsZero():
		return fmt.Errorf("input step:%s: the zero identity names no step", id)
	case cut && member == "" || !utf8.ValidString(member):
		return fmt.Errorf("input step:%s/: %q names no member", id, clip(member))
	}
	*in = StepInput(step, member)
	return nil
}

// Step is one unit of work. Steps are values; a plan never changes them.
type Step struct {
	ID     CacheID         `json:"cache_id"`
	Type   string          `json:"type"`   // versioned: "SEGMENT@1"
	Config json.RawMessage `json:"config"` // normalised, canonical JSON
	Inputs []Input         `json:"inputs,omitempty"`

	Node  string  `json:"node"`            // the recipe node that it came from
	Label string  `json:"label"`           // for people: "shots[3]"
	Level int     `json:"level"`           // 0 for steps fed by sources only
	Slots int     `json:"slots"`           // slots that the step takes, at least 1
	Cost  float64 `json:"cost"`            // estimated seconds of work on one slot
	Bytes int64   `json:"bytes"`           // estimated size of the output
	Multi bool    `json:"multi,omitempty"` // several outputs: the content is a manifest
	// Format is the container of the output ("matroska", "mp4", "png"), where
	// it is known before the work is done.
	Format string `json:"format,omitempty"`

	// Members are the names of the outputs of a step with several, where they
	// are known before the work is done.
	Members []string `json:"members,omitempty"`
}

// TypeName returns the type without its behaviour version.
func (s Step) TypeName() string {
	name, _, _ := strings.Cut(s.Type, "@")
	return name
}

// Resolve returns the step's resolved_id, given the content that each input
// turned out to be, in order.
func (s Step) Resolve(contents []ContentHash, realm string) CacheID {
	inputs := make([]Input, len(contents))
	for i, h := range contents {
		inputs[i] = ContentInput(h)
	}
	return StepID(s.Type, s.Config, inputs, realm)
}

// Output is one result that the recipe asks for.
type Output struct {
	Name  string `json:"name"` // the node's id
	Input Input  `json:"input"`
}

// Plan is a recipe, its inputs and their analysis expanded into steps. Steps
// are in an order in which every step follows its inputs; no two have the same
// ID.
type Plan struct {
	ID       PlanID                   `json:"plan_id"`
	Run      RunID                    `json:"run_id"`
	Recipe   RecipeHash               `json:"recipe"`
	Name     string                   `json:"name"`
	Realm    string                   `json:"realm,omitempty"`
	Inputs   map[string][]ContentHash `json:"inputs"`
	Params   map[string]any           `json:"params"`
	Analysis map[string]ContentHash   `json:"analysis"`
	Steps    []Step                   `json:"steps"`
	Outputs  []Output                 `json:"outputs"`
}

// ReadConfig parses a step's config.
func ReadConfig(config json.RawMessage) (map[string]any, error) {
	var out map[string]any
	if err := json.Unmarshal(config, &out); err != nil {
		return nil, fmt.Errorf("dag: read config: %w", err)
	}
	return out, nil
}
