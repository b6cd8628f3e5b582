package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Generate makes a picture or a sound out of nothing: the same for the same
// config, also where chance is involved (seed).
type Generate struct{ Declared }

var _ Executor = Generate{}

// NewGenerate returns the type.
func NewGenerate() Generate {
	return Generate{Declare(Spec{
		Name: "GENERATE", Version: 1,
		Doc: "Makes a picture or a sound out of nothing.",
		Keys: []Key{
			{Name: "kind", Type: Choice, Default: "color", Choices: []string{"color", "testsrc", "mandelbrot", "life", "tone", "silence", "text"},
				Doc: "what is made; tone and silence are sound, the others pictures without sound"},
			{Name: "duration", Type: Number, Unit: "s", Required: true, Above: Bound(0), Max: Bound(86400), Doc: "how long it lasts"},
			{Name: "size", Type: Size, Unit: "px", Default: "1280x720", Doc: "pictures: width and height"},
			{Name: "fps", Type: FPS, Default: 24, Doc: "pictures: frame rate"},
			{Name: "seed", Type: Integer, Default: 0, Min: Bound(0), Max: Bound(1<<32 - 2), Doc: "life: which of the many beginnings"},
			{Name: "color", Type: Color, Default: "black", Doc: "color, text: the color of the picture; life: of what is dead"},
			{Name: "text", Type: String, MaxLen: 4000, Doc: "text: what is written; may have several lines"},
			{Name: "text_color", Type: Color, Default: "white", Doc: "text: color of the letters; life: of what lives"},
			{Name: "text_size", Type: Number, Unit: "px", Above: Bound(0), Max: Bound(2000), Doc: "text: size of the letters; absent: a tenth of the height"},
			{Name: "position", Type: Choice, Choices: textPositions(), Default: "center", Doc: "text: where it stands"},
			{Name: "fade_in", Type: Number, Unit: "s", Default: 0, Min: Bound(0), Doc: "color, text: how long it comes out of black; tone: out of silence"},
			{Name: "fade_out", Type: Number, Unit: "s", Default: 0, Min: Bound(0), Doc: "color, text: how long it goes into black; tone: into silence"},
			{Name: "fill", Type: Number, Default: 0.3, Above: Bound(0), Max: Bound(1), Doc: "life: how much of the picture lives in the beginning"},
			{Name: "center", Type: List, Elem: &Key{Type: Number, Min: Bound(-4), Max: Bound(4)}, MinLen: 2, MaxLen: 2,
				Default: []any{-0.743643887037158704752191506114774, -0.131825904205311970493132056385139}, Doc: "mandelbrot: the point that is approached"},
			{Name: "zoom", Type: Number, Default: 1000, Min: Bound(1), Max: Bound(1e12), Doc: "mandelbrot: how much larger it is in the end"},
			{Name: "frequency", Type: Number, Unit: "Hz", Default: 440, Above: Bound(0), Max: Bound(20000), Doc: "tone: its pitch"},
			{Name: "volume", Type: Number, Default: 0.5, Min: Bound(0), Max: Bound(1), Doc: "tone: peak, of the highest that there is"},
			{Name: "channels", Type: Integer, Default: 2, Min: Bound(1), Max: Bound(8), Doc: "tone, silence: number of channels"},
		},
		Example: "{kind: text, text: The End, duration: 3}",
	})}
}

// ownKeys lists the keys that only some kinds have.
func ownKeys() map[string][]string {
	pictures := []string{"color", "testsrc", "mandelbrot", "life", "text"}
	return map[string][]string{
		"size": pictures, "fps": pictures, "seed": {"life"}, "color": {"color", "text", "life"},
		"text": {"text"}, "text_color": {"text", "life"}, "text_size": {"text"}, "position": {"text"},
		"fade_in": {"color", "text", "tone"}, "fade_out": {"color", "text", "tone"}, "fill": {"life"},
		"center": {"mandelbrot"}, "zoom": {"mandelbrot"},
		"frequency": {"tone"}, "volume": {"tone"}, "channels": {"tone", "silence"},
	}
}

// Normalize refuses keys that the kind does not have, except the seed, which
// is the same for all that have no use for it.
func (g Generate) Normalize(config map[string]any) (map[string]any, error) {
	out, err := g.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	kind := out["kind"].(string)
	var faults dag.ConfigErrors
	for _, key := range sortedKeys(out) {
		kinds, special := ownKeys()[key]
		if !special || slices.Contains(kinds, kind) {
			continue
		}
		if config[key] != nil && key != "seed" {
			faults = append(faults, dag.ConfigError{Path: []string{key},
				Message: fmt.Sprintf("only counts with kind: %s; this is %s", strings.Join(kinds, " or "), kind)})
		}
		delete(out, key)
	}
	if text, _ := out["text"].(string); kind == "text" && strings.TrimSpace(text) == "" {
		faults = append(faults, dag.ConfigError{Path: []string{"text"}, Message: "kind: text needs a text to write"})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

// Output is sound for tone and silence.
func (Generate) Output(config map[string]any, _ []dag.Kind) dag.Kind {
	if kind := config["kind"]; kind == "tone" || kind == "silence" {
		return dag.Audio
	}
	return dag.Video
}

type generateConfig struct {
	Kind      string
	Duration  float64
	Size      []int
	FPS       any
	Seed      int64
	Color     string
	Text      string
	TextColor string   `json:"text_color"`
	TextSize  *float64 `json:"text_size"`
	Position  string
	FadeIn    float64 `json:"fade_in"`
	FadeOut   float64 `json:"fade_out"`
	Fill      float64
	Center    []float64
	Zoom      float64
	Frequency float64
	Volume    float64
	Channels  int
}

// form of the result, and its length in frames or samples.
func (c generateConfig) form() (form, int64, error) {
	f := form{channels: c.Channels}
	if len(c.Size) == 2 {
		rate, err := dag.ParseRate(fmt.Sprint(c.FPS))
		if err != nil {
			return f, 0, err
		}
		f = form{width: c.Size[0], height: c.Size[1], fps: rate, pixFmt: "yuv420p"}
	}
	n := f.units(c.Duration)
	if n == 0 {
		return f, 0, fmt.Errorf("duration: %v s are less than half a frame", c.Duration)
	}
	return f, n, nil
}

// Expect knows everything from the config.
func (Generate) Expect(config map[string]any, _ []*dag.Facts) (dag.Expectation, error) {
	c, err := Decode[generateConfig](config)
	if err != nil {
		return dag.Expectation{}, err
	}
	f, n, err := c.form()
	if err != nil {
		return dag.Expectation{}, err
	}
	facts := f.facts(n)
	cost := intermediateCost(facts)
	if c.Kind == "mandelbrot" {
		cost *= 10
	}
	return dag.Expectation{Facts: facts, Slots: 1, Cost: cost}, nil
}

// Execute draws it.
func (Generate) Execute(ctx context.Context, req Request) (Result, error) {
	c, err := Decode[generateConfig](req.Config)
	if err != nil {
		return Result{}, err
	}
	f, n, err := c.form()
	if err != nil {
		return Result{}, Invalid("%w", err)
	}
	call := ffmpeg.Call{Output: ffmpeg.IntermediateOf(f.width, f.height), Dir: req.Scratch,
		Path: filepath.Join(req.Scratch, "output.mkv"), Duration: f.seconds(n)}
	if f.hasPicture() {
		err = c.picture(&call, f, n)
	} else {
		c.sound(&call, n)
	}
	if err != nil {
		return Result{}, err
	}
	_, err = call.Run(ctx, req.Run, req.Log, req.Progress)
	return Result{Path: call.Path}, err
}

// picture sets up a source of pictures, which ends after n of them.
func (c generateConfig) picture(call *ffmpeg.Call, f form, n int64) error {
	size := fmt.Sprintf("size=%dx%d:rate=%s", f.width, f.height, f.fps)
	var source string
	switch c.Kind {
	case "color", "text":
		source = "color=c=" + filterColor(c.Color) + ":" + size
	case "testsrc":
		source = "testsrc2=" + size
	case "life":
		source = fmt.Sprintf("life=%s:seed=%d:ratio=%s:life_color=%s:death_color=%s", size, c.Seed, plain(c.Fill),
			filterColor(c.TextColor), filterColor(c.Color))
	case "mandelbrot":
		const widest = 3.0
		source = fmt.Sprintf("mandelbrot=%s:start_x=%s:start_y=%s:start_scale=%s:end_scale=%s:end_pts=%d",
			size, plain(c.Center[0]), plain(c.Center[1]), plain(widest), plain(widest/c.Zoom), n)
	}
	filters := []string{source}
	if f.width%2 != 0 || f.height%2 != 0 {
		// Asked for yuv420p, these sources would leave an odd row or column out.
		filters = append(filters, "format=yuv444p")
	}
	filters = append(filters, fmt.Sprintf("trim=end_frame=%d", n))
	if c.Kind == "text" {
		drawn, err := c.drawText(call, f)
		if err != nil {
			return err
		}
		filters = append(filters, drawn...)
	}
	filters = append(filters, c.fades(f, n)...)
	call.Graph = strings.Join(append(filters, "setsar=1", "format=yuv420p[v]"), ",")
	call.Maps = []string{"[v]"}
	return nil
}

// fades are counted in frames, so that they do not depend on rounded times.
func (c generateConfig) fades(f form, n int64) []string {
	var filters []string
	if in := f.units(c.FadeIn); in > 0 {
		filters = append(filters, fmt.Sprintf("fade=type=in:start_frame=0:nb_frames=%d", in))
	}
	if out := f.units(c.FadeOut); out > 0 {
		filters = append(filters, fmt.Sprintf("fade=type=out:start_frame=%d:nb_frames=%d", max(0, n-out), out))
	}
	return filters
}
