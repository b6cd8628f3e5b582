package executor

import (
	"context"
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Blend mixes the second picture into the first, color by color in red, green
// and blue:
//
//	result = first + (mode(first, second) - first) * opacity
//
// The first decides size, frame rate, duration and sound; the second is scaled
// to its size. Where the second has ended the first is seen alone; an image
// lasts as long as the first. On an image only an image can be blended. Alpha
// is ignored: LAYER respects it.
type Blend struct{ Declared }

var _ Executor = Blend{}

// NewBlend returns the type.
func NewBlend() Blend {
	return Blend{Declare(Spec{
		Name: "BLEND", Version: 1,
		Doc:   "Mixes a second picture into the first by one of the usual modes.",
		Arity: dag.Arity{Slots: []dag.Slot{pictureSlot("first", "decides size, rate, duration and sound"), pictureSlot("second", "what is mixed in")}},
		Keys: []Key{
			{Name: "mode", Type: Choice, Choices: blendModes(), Default: "normal", Doc: "how two colors become one; normal is the second's"},
			{Name: "opacity", Type: Number, Default: 0.5, Min: Bound(0), Max: Bound(1), Doc: "how much of the mixture is seen; 0 is the first alone"},
		},
		Example: "{mode: screen, opacity: 0.7}",
	})}
}

func blendModes() []string {
	return []string{"normal", "multiply", "screen", "overlay", "darken", "lighten", "addition", "difference", "hardlight", "softlight"}
}

// Output is a picture as the first input is.
func (b Blend) Output(_ map[string]any, inputs []dag.Kind) dag.Kind { return pictureKind(inputs) }

type blendConfig struct {
	Mode    string
	Opacity float64
}

// Expect gives what the first input is.
func (b Blend) Expect(_ map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil || inputs[1] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	facts, err := b.plan(inputs[0], inputs[1])
	return dag.Expectation{Facts: facts, Slots: 1, Cost: 4 * intermediateCost(facts)}, err
}

func (b Blend) plan(first, second *dag.Facts) (*dag.Facts, error) {
	if err := checkPicture(first, "the first input"); err != nil {
		return nil, err
	}
	if err := checkPicture(second, "the second input"); err != nil {
		return nil, err
	}
	if first.Kind == dag.Image && second.Kind != dag.Image {
		return nil, fmt.Errorf("the second input moves and the first is an image; exchange them")
	}
	return pictureFacts(first), nil
}

// Execute blends.
func (b Blend) Execute(ctx context.Context, req Request) (Result, error) {
	c, err := Decode[blendConfig](req.Config)
	if err != nil {
		return Result{}, err
	}
	first, second := req.Inputs[0], req.Inputs[1]
	out, err := b.plan(first.Facts, second.Facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{openInput(first), openInput(second)},
		Dir:    req.Scratch, Duration: out.Duration,
	}
	graph := []string{
		chain(pictureFrom(0, first.Facts), "format="+rgbFormat(first.Facts)) + "[first]",
		chain(pictureFrom(1, second.Facts), overlaid(second.Facts, out), "format="+rgbFormat(first.Facts)) + "[second]",
		c.graph() + "," + chain("setsar=1", stored(first.Facts)) + "[out_v]",
	}
	if out.Audio != nil {
		graph = append(graph, soundFrom(0, first.Facts, 0)+"[out_a]")
	}
	call.Graph = strings.Join(graph, ";")
	return write(ctx, req, call, out)
}

// rgbFormat is the form with one plane for each of the three colors, with as
// many bits as the picture has.
func rgbFormat(f *dag.Facts) string {
	for _, bits := range []string{"10", "12", "16"} {
		if strings.Contains(storedFormat(f), bits+"le") {
			return "gbrp" + bits + "le"
		}
	}
	return "gbrp"
}

// overlaid brings the second picture to the size and the frames of the first.
func overlaid(second, out *dag.Facts) string {
	size := fmt.Sprintf("scale=%d:%d,setsar=1", out.Video.Width, out.Video.Height)
	if out.Kind == dag.Image {
		return size
	}
	grid := fmt.Sprintf("settb=AVTB,fps=%s:start_time=0", out.Video.FPS)
	if second.Kind == dag.Image {
		grid += fmt.Sprintf(",tpad=stop_mode=clone:stop=%d", out.Video.Frames)
	}
	return chain(size, grid, fmt.Sprintf("trim=end_frame=%d", out.Video.Frames))
}

// graph mixes [first] and [second]; after the second ends the first goes on
// alone. ffmpeg's normal mode gives its first input, so there opacity says how
// much of that is left.
func (c blendConfig) graph() string {
	opacity := c.Opacity
	if c.Mode == "normal" {
		opacity = 1 - opacity
	}
	return fmt.Sprintf("[first][second]blend=all_mode=%s:all_opacity=%s:eof_action=pass:repeatlast=0", c.Mode, plain(opacity))
}
