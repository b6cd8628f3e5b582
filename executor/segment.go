package executor

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/artdag/artdag/dag"
)

// Segment cuts a span out of a picture with its sound, or out of sound alone.
//
// With precise the cut holds the frames round(offset*fps) up to, but not
// including, round((offset+duration)*fps), and the sound that belongs to them
// to the sample; adjoining cuts hold each frame and each sample exactly once.
// Without it the cut starts at the key frame at or before offset, which saves
// decoding what lies between, and sound may be off by one packet.
//
// The picture keeps its size with square pixels, and becomes evenly spaced at
// the input's frame rate.
type Segment struct{ Declared }

var _ Executor = Segment{}

// NewSegment returns the type.
func NewSegment() Segment {
	return Segment{Declare(Spec{
		Name: "SEGMENT", Version: 1,
		Doc:   "Cuts a span out of a picture with its sound, or out of sound alone.",
		Arity: dag.Arity{Slots: []dag.Slot{{Name: "input", Doc: "what is cut", Kinds: []dag.Kind{dag.Video, dag.Audio}}}},
		Keys: []Key{
			{Name: "offset", Type: Number, Unit: "s", Default: 0.0, Min: Bound(0), Doc: "where the cut starts"},
			{Name: "start", Type: Number, Unit: "s", Min: Bound(0), Doc: "another name for offset"},
			{Name: "duration", Type: Number, Unit: "s", Above: Bound(0), Doc: "how long it lasts; absent: to the end"},
			{Name: "end", Type: Number, Unit: "s", Above: Bound(0), Doc: "where it ends, instead of duration"},
			{Name: "precise", Type: Boolean, Default: true, Doc: "exact to the frame and the sample; false: from the key frame before"},
			{Name: "past_end", Type: Choice, Choices: []string{"error", "shorten", "loop", "hold"}, Default: "error",
				Doc: "a cut that ends after the input: refuse it, cut less, start over, or hold the last picture in silence"},
		},
		Example: "{offset: 1.5, duration: 2}",
	})}
}

// Normalize turns start and end into offset and duration.
func (s Segment) Normalize(config map[string]any) (map[string]any, error) {
	out, err := s.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	var faults dag.ConfigErrors
	both := func(a, b string) bool {
		if config[a] != nil && config[b] != nil {
			faults = append(faults, dag.ConfigError{Path: []string{b}, Message: fmt.Sprintf("%s is given too; give one of them", a)})
		}
		return config[b] != nil
	}
	if both("offset", "start") {
		out["offset"] = out["start"]
	}
	if both("duration", "end") {
		length := out["end"].(float64) - out["offset"].(float64)
		if length <= 0 {
			faults = append(faults, dag.ConfigError{Path: []string{"end"}, Message: fmt.Sprintf("want more than the start, %v s, got %v", out["offset"], out["end"])})
		}
		out["duration"] = length
	}
	delete(out, "start")
	delete(out, "end")
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

// Output is what is cut.
func (s Segment) Output(_ map[string]any, inputs []dag.Kind) dag.Kind { return sameKind(inputs) }

type segmentConfig struct {
	Offset   float64
	Duration *float64
	Precise  bool
	PastEnd  string
}

// segmentOf reads a normalised config. It does by hand what Decode does,
// because a plan may hold a hundred thousand cuts.
func segmentOf(config map[string]any) segmentConfig {
	var c segmentConfig
	c.Offset, _ = config["offset"].(float64)
	if length, given := config["duration"].(float64); given {
		c.Duration = &length
	}
	c.Precise, _ = config["precise"].(bool)
	c.PastEnd, _ = config["past_end"].(string)
	return c
}

// Expect refuses a cut that lies outside its input.
func (s Segment) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	pieces, err := s.pieces(config, File{Facts: inputs[0]})
	if err != nil {
		return dag.Expectation{}, err
	}
	facts := joined(pieces)
	return dag.Expectation{Facts: facts, Slots: 1, Cost: intermediateCost(facts)}, nil
}

// Execute makes the cut, or when the input is looped its pieces and their join.
func (s Segment) Execute(ctx context.Context, req Request) (Result, error) {
	pieces, err := s.pieces(req.Config, req.Inputs[0])
	if err != nil {
		return Result{}, Invalid("%w", err)
	}
	path := filepath.Join(req.Scratch, "output.mkv")
	if len(pieces) == 1 {
		return Result{Path: path}, pieces[0].write(ctx, req, path)
	}
	return Result{Path: path}, writeJoined(ctx, req, pieces, path)
}

// pieces returns the cuts that the result consists of, in order: one, unless
// the input is looped.
func (s Segment) pieces(config map[string]any, in File) ([]cut, error) {
	c := segmentOf(config)
	whole, err := wholeOf(in)
	if err != nil {
		return nil, err
	}
	total := whole.length
	from, to := whole.form.units(c.Offset), total
	if c.Duration != nil {
		to = whole.form.units(c.Offset + *c.Duration)
	}
	if to == total+1 && in.Facts.Video != nil {
		to = total // half a frame of rounding in the recipe's arithmetic
	}
	whole.loose = !c.Precise
	return c.within(whole, from, to)
}

func (c segmentConfig) within(whole cut, from, to int64) ([]cut, error) {
	total := whole.length
	inputEnd := whole.form.seconds(total)
	switch {
	case c.PastEnd == "loop" && to > total:
		return loop(whole, from, to), nil
	case c.PastEnd == "hold" && to > total:
		length := to - from
		from = min(from, total-1)
		to = from + length
	case c.PastEnd == "shorten":
		to = min(to, total)
	case to > total:
		return nil, fmt.Errorf("the cut ends at %.3f s, the input at %.3f s; past_end: shorten, loop or hold allows that", c.Offset+*c.Duration, inputEnd)
	}
	if from >= total {
		return nil, fmt.Errorf("the cut starts at %.3f s, the input ends at %.3f s", c.Offset, inputEnd)
	}
	if to <= from {
		return nil, fmt.Errorf("the cut from %v s holds no frame: it is shorter than half a frame", c.Offset)
	}
	whole.from, whole.length = from, to-from
	return []cut{whole}, nil
}

// loop starts the input over as often as needed.
func loop(whole cut, from, to int64) []cut {
	var pieces []cut
	for at := from; at < to; {
		piece := whole
		piece.from = at % whole.length
		piece.length = min(whole.length-piece.from, to-at)
		pieces = append(pieces, piece)
		at += piece.length
	}
	return pieces
}
