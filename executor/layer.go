package executor

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Layer lays pictures over the first one, which decides size, frame rate and
// duration. Later layers cover earlier ones. A layer's own first frame is shown
// at its start; it is visible until its end, its last frame, or the end of the
// base. An image stays as long as it may. Alpha is respected.
//
// On an image only images can lie, and the result is an image. A list, such as
// the whole output of FRAMES, stands for its members in order; GENERATE gives a
// plain base for a contact sheet. The work is done with 8 bits for each color,
// or with 10 where the base is yuv420p10 or yuv422p10.
type Layer struct{ Declared }

var _ Executor = Layer{}

// NewLayer returns the type.
func NewLayer() Layer {
	return Layer{Declare(Spec{
		Name: "LAYER", Version: 1,
		Doc: "Lays pictures and images over the first one.",
		Arity: dag.Arity{Min: 1, Rest: &dag.Slot{
			Name: "layer", Doc: "the base, then what lies on it, from below", Kinds: []dag.Kind{dag.Video, dag.Image, dag.Images},
		}},
		Keys: []Key{
			{Name: "layers", Type: List, Default: []any{}, Doc: "how each input lies, in the order of the inputs; the first, the base, has no settings", Elem: &Key{
				Type: Object, Keys: []Key{
					{Name: "position", Type: List, MinLen: 2, MaxLen: 2, Unit: "px", Default: []any{0.0, 0.0},
						Elem: &Key{Type: Number, Min: Bound(-65536), Max: Bound(65536), Also: []KeyType{Percent}},
						Doc:  "left and top edge in pixels of the base; in percent of the room that is left: 50% is centered, 100% at the right or bottom edge"},
					{Name: "opacity", Type: Number, Default: 1.0, Min: Bound(0), Max: Bound(1), Doc: "0 is invisible"},
					{Name: "scale", Type: Number, Default: 1.0, Above: Bound(0), Max: Bound(100), Doc: "size as a factor of the input's own"},
					{Name: "start", Type: Number, Unit: "s", Default: 0.0, Min: Bound(0), Doc: "when it appears"},
					{Name: "end", Type: Number, Unit: "s", Above: Bound(0), Doc: "when it is gone; absent: with its last frame"},
				},
			}},
			{Name: "audio", Type: Integer, Default: 0.0, Min: Bound(0), Doc: "the input whose sound is heard, counted from 0"},
		},
		Example: "{layers: [{}, {position: [100%, 100%], scale: 0.25, opacity: 0.9}]}",
	})}
}

// Normalize drops settings at the end that are all defaults, so that leaving
// them out has the same identity.
func (l Layer) Normalize(config map[string]any) (map[string]any, error) {
	out, err := l.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	layers := out["layers"].([]any)
	for n := len(layers); n > 0 && reflect.DeepEqual(layers[n-1], l.defaults()); n-- {
		layers = layers[:n-1]
	}
	out["layers"] = layers
	return out, nil
}

func (l Layer) defaults() any {
	out, err := Spec{Keys: l.Spec().Keys[0].Elem.Keys}.Normalize(nil)
	if err != nil {
		panic(err) // a fault of the declaration
	}
	return out
}

// Output is a picture as the base is.
func (l Layer) Output(_ map[string]any, inputs []dag.Kind) dag.Kind {
	if len(inputs) > 0 && inputs[0] == dag.Images {
		return dag.Image
	}
	return pictureKind(inputs)
}

type layerConfig struct {
	Layers []placement
	Audio  int
}

type placement struct {
	Position       []any
	Opacity, Scale float64
	Start          float64
	End            *float64
}

// Expect gives what the base is.
func (l Layer) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	facts, known := flattenFacts(inputs)
	if !known {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	stack, err := l.plan(config, facts)
	if err != nil {
		return dag.Expectation{}, err
	}
	return dag.Expectation{Facts: stack.out, Slots: 1, Cost: (1 + 0.3*float64(len(facts)-1)) * intermediateCost(stack.out)}, nil
}

// layersAtOnce bounds how many inputs one call opens, for memory and file
// descriptors; more are laid on in several calls, which loses nothing.
const layersAtOnce = 24

// Execute lays the layers on, some at a time.
func (l Layer) Execute(ctx context.Context, req Request) (Result, error) {
	files := flatten(req.Inputs)
	facts := make([]*dag.Facts, len(files))
	for i, f := range files {
		facts[i] = f.Facts
	}
	stack, err := l.plan(req.Config, facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	base := files[0]
	for from := 1; ; from += layersAtOnce {
		to := min(from+layersAtOnce, len(files))
		step := req
		step.Scratch = filepath.Join(req.Scratch, fmt.Sprintf("layers-%06d", from))
		if to == len(files) {
			step.Scratch = req.Scratch
		}
		result, err := stack.lay(ctx, step, base, files, from, to)
		if err != nil || to == len(files) {
			return result, err
		}
		base = stack.between(result.Path)
	}
}

// flatten puts the members of lists in the place of the lists.
func flatten(files []File) []File {
	var out []File
	for _, f := range files {
		if f.Path == "" {
			out = append(out, flatten(f.Members)...)
		} else {
			out = append(out, f)
		}
	}
	return out
}

// flattenFacts does so with facts, where a list says how many members it has
// and what the first is like. Not known is a list, or an input, without facts.
func flattenFacts(inputs []*dag.Facts) (facts []*dag.Facts, known bool) {
	for _, in := range inputs {
		switch {
		case in == nil || in.Kind == dag.Images && in.Video == nil:
			return nil, false
		case in.Kind == dag.Images:
			for range in.Video.Frames {
				facts = append(facts, imageFacts(in.Video.Width, in.Video.Height, in.Format))
			}
		default:
			facts = append(facts, in)
		}
	}
	return facts, len(facts) > 0
}

func position(value any, room int) int {
	switch v := value.(type) {
	case float64:
		return int(math.Round(v))
	case string:
		percent, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64)
		if err == nil {
			return int(math.Round(float64(room) * percent / 100))
		}
	}
	return 0
}

// overlayFormat is the form in which overlay works on a picture stored in that
// format. Odd positions need a color for each pixel.
func overlayFormat(stored string, odd bool) string {
	switch stored {
	case "yuv420p10le":
		return "yuv420p10"
	case "yuv422p10le":
		return "yuv422p10"
	case "rgb24", "rgba", "bgr0", "bgra", "gbrp", "gbrap", "gbrp16le", "gbrap12le":
		return "gbrp"
	case "yuv420p", "yuv422p", "yuva420p", "yuva422p":
		if !odd {
			return "yuv" + strings.TrimRight(strings.TrimLeft(stored, "yuva"), "p")
		}
	}
	return "yuv444"
}

// soundOf returns the chain of the sound of one layer, placed in time on a base
// that lasts total samples.
func soundOf(input int, in *dag.Facts, p placed, channels int, total int64) string {
	graph := soundFrom(input, in, channels)
	if p.samples > 0 {
		graph += fmt.Sprintf(",atrim=end_sample=%d", p.samples)
	}
	if p.delay > 0 {
		graph += fmt.Sprintf(",adelay=delays=%dS:all=1", p.delay)
	}
	return graph + fmt.Sprintf(",aformat=sample_fmts=s32:sample_rates=%d,apad=whole_len=%d,atrim=end_sample=%d[out_a]", ffmpeg.Rate, total, total)
}
