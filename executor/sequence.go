package executor

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/artdag/artdag/dag"
)

// Sequence puts its inputs one after the other.
//
// Inputs that are alike are joined by copying their packets. Others are
// brought to one form first, one at a time: the size of one of them (see
// target_size), in which the whole picture is shown on the background; the
// frame rate, pixel format of the first picture; the channels that all have,
// or stereo. Inputs without sound get silence, sound alone gets the background
// as its picture. A transition is rendered from the two ends that overlap, so
// it shortens the result by its own length.
type Sequence struct{ Declared }

var _ Executor = Sequence{}

// NewSequence returns the type.
func NewSequence() Sequence {
	return Sequence{Declare(Spec{
		Name: "SEQUENCE", Version: 1,
		Doc: "Puts its inputs one after the other, with transitions between them.",
		Arity: dag.Arity{Min: 1, Rest: &dag.Slot{
			Name: "inputs", Doc: "what is shown, in order", Kinds: []dag.Kind{dag.Video, dag.Audio}}},
		Keys: []Key{
			{Name: "transition", Type: Choice, Choices: transitionNames(), Default: "cut",
				Doc: "between neighbours: none, a crossfade, a fade through black, or one of the other kinds"},
			{Name: "duration", Type: Number, Unit: "s", Above: Bound(0), Max: Bound(60), Default: 0.5, Doc: "how long each transition lasts"},
			{Name: "target_size", Type: Choice, Choices: []string{"first", "last", "largest", "explicit"}, Default: "first",
				Doc: "whose size the result has; explicit: size"},
			{Name: "size", Type: Size, Unit: "px", Doc: "the size of the result; makes target_size explicit"},
			{Name: "fps", Type: FPS, Doc: "frame rate of the result; absent: that of the first picture"},
			{Name: "background", Type: Color, Default: "black", Doc: "around pictures of another shape, and behind sound alone"},
		},
		Example: "{transition: crossfade, duration: 0.5}",
	})}
}

// Normalize also accepts the transition as a map of type and duration.
func (s Sequence) Normalize(config map[string]any) (map[string]any, error) {
	out, err := s.Declared.Normalize(flatTransition(config))
	if err != nil {
		return nil, err
	}
	switch {
	case out["size"] == nil && out["target_size"] == "explicit":
		return nil, dag.ConfigErrors{{Path: []string{"target_size"}, Message: "explicit needs size: [width, height]"}}
	case out["size"] != nil && config["target_size"] == nil:
		out["target_size"] = "explicit"
	case out["size"] != nil && out["target_size"] != "explicit":
		return nil, dag.ConfigErrors{{Path: []string{"size"}, Message: "only counts with target_size: explicit"}}
	}
	return out, nil
}

// flatTransition turns {transition: {type: T, duration: D}} into the two keys.
func flatTransition(config map[string]any) map[string]any {
	nested, ok := config["transition"].(map[string]any)
	if !ok {
		return config
	}
	flat := make(map[string]any, len(config)+1)
	for key, value := range config {
		flat[key] = value
	}
	delete(flat, "transition")
	for key, value := range nested {
		if key == "type" {
			key = "transition"
		}
		flat[key] = value
	}
	return flat
}

// Output is sound when all inputs are.
func (Sequence) Output(_ map[string]any, inputs []dag.Kind) dag.Kind {
	if len(inputs) > 0 && !slices.ContainsFunc(inputs, func(k dag.Kind) bool { return k != dag.Audio }) {
		return dag.Audio
	}
	return dag.Video
}

type sequenceConfig struct {
	Transition string
	Duration   float64
	TargetSize string `json:"target_size"`
	Size       []int
	FPS        any
	Background string
}

// Expect refuses a transition that is longer than a clip.
func (s Sequence) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if slices.Contains(inputs, nil) {
		return dag.Expectation{Slots: 1, Cost: float64(len(inputs))}, nil
	}
	files := make([]File, len(inputs))
	for i, facts := range inputs {
		files[i].Facts = facts
	}
	p, err := sequencePlan(config, files)
	if err != nil {
		return dag.Expectation{}, err
	}
	return dag.Expectation{Facts: p.facts(), Slots: 1, Cost: p.cost()}, nil
}

// Execute renders what cannot be copied, then joins all of it.
func (s Sequence) Execute(ctx context.Context, req Request) (Result, error) {
	p, err := sequencePlan(req.Config, req.Inputs)
	if err != nil {
		return Result{}, Invalid("%w", err)
	}
	parts := make([]part, len(p.stretches))
	for i, st := range p.stretches {
		if parts[i], err = st.write(ctx, portion(req, i, len(p.stretches)+1), partPath(req.Scratch, i)); err != nil {
			return Result{}, err
		}
	}
	path := filepath.Join(req.Scratch, "output.mkv")
	last := portion(req, len(p.stretches), len(p.stretches)+1)
	return Result{Path: path}, join(ctx, last, parts, path)
}

// portion returns the request whose progress is the i-th of n equal parts of
// the whole.
func portion(req Request, i, n int) Request {
	whole := req.Progress
	req.Progress = func(done float64) { whole((float64(i) + done) / float64(n)) }
	return req
}
