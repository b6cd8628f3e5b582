package executor

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Encode makes a delivery: a file for people, who play it with what they have.
// Everything before is lossless; this is where quality is given up for size.
//
// quality goes from 0, the worst that is still watched, to 100, where nothing
// is seen to be missing; it stands for the encoder's own scale in a straight
// line, see deliveries. Codecs that store colors for pairs of pixels need even
// sizes: a last odd column or row is cut off.
type Encode struct{ Declared }

var _ Executor = Encode{}

// NewEncode returns the type.
func NewEncode() Encode {
	return Encode{Declare(Spec{
		Name: "ENCODE", Version: 1,
		Doc: "Makes a file for people, in a format that players know.",
		Arity: dag.Arity{Slots: []dag.Slot{
			{Name: "input", Doc: "what is delivered", Kinds: []dag.Kind{dag.Video, dag.Audio}}}},
		Keys: []Key{
			{Name: "format", Type: Choice, Default: "h264", Choices: formatNames(), Doc: "the codec of the picture, or of sound alone (mp3, flac, wav)"},
			{Name: "quality", Type: Number, Min: Bound(0), Max: Bound(100), Doc: "0 to 100; absent: 70, unless there is a bitrate"},
			{Name: "bitrate", Type: Integer, Unit: "bit/s", Also: []KeyType{String}, Min: Bound(8000), Max: Bound(1e9),
				Doc: "instead of quality: 2500000, 2500k or 2.5M (h264, h265, vp9, av1, mp3)"},
			{Name: "container", Type: Choice, Choices: []string{"mp4", "mov", "mkv", "webm", "gif", "mp3", "flac", "wav"},
				Doc: "the kind of file; absent: what the format is usually kept in"},
		},
		Example: "{format: h264, quality: 80}",
	})}
}

const defaultQuality = 70.0

// Normalize settles quality or bitrate, and the container.
func (e Encode) Normalize(config map[string]any) (map[string]any, error) {
	out, err := e.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	d := deliveries()[out["format"].(string)]
	var faults dag.ConfigErrors
	fault := func(key, format string, args ...any) {
		faults = append(faults, dag.ConfigError{Path: []string{key}, Message: fmt.Sprintf(format, args...)})
	}
	if out["container"] == nil {
		out["container"] = d.containers[0]
	}
	if container := out["container"].(string); !slices.Contains(d.containers, container) {
		fault("container", "%s is kept in %s, not in %s", out["format"], strings.Join(d.containers, ", "), container)
	}
	bitrate, err := parseBitrate(out["bitrate"])
	switch {
	case err != nil:
		fault("bitrate", "%v", err)
	case bitrate > 0 && !d.bitrate:
		fault("bitrate", "%s has none to choose", out["format"])
	case bitrate > 0 && out["quality"] != nil:
		fault("bitrate", "quality is given too; give one of them")
	case bitrate > 0:
		out["bitrate"] = bitrate
	case out["quality"] != nil && d.lossless:
		fault("quality", "%s loses nothing; it has no quality to choose", out["format"])
	case out["quality"] == nil && !d.lossless:
		out["quality"] = defaultQuality
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

// parseBitrate reads a number, or one with k or M; nil is 0.
func parseBitrate(value any) (float64, error) {
	text, ok := value.(string)
	if !ok {
		number, _ := value.(float64)
		return number, nil
	}
	scale := 1.0
	digits := text
	for suffix, factor := range map[string]float64{"k": 1e3, "K": 1e3, "M": 1e6} {
		if rest, found := strings.CutSuffix(text, suffix); found {
			digits, scale = rest, factor
		}
	}
	number, err := strconv.ParseFloat(digits, 64)
	bits := math.Round(number * scale)
	if err != nil || !(bits >= 8000 && bits <= 1e9) {
		return 0, fmt.Errorf("want 8000 to 1000000000 bits per second, as 2500000, 2500k or 2.5M, got %q", text)
	}
	return bits, nil
}

type encodeConfig struct {
	Format    string
	Quality   float64
	Bitrate   int64
	Container string
}

// Output is sound for the formats of sound.
func (Encode) Output(config map[string]any, _ []dag.Kind) dag.Kind {
	if name, _ := config["format"].(string); deliveries()[name].sound {
		return dag.Audio
	}
	return dag.Video
}

// encoding is what an ENCODE comes to.
type encoding struct {
	encodeConfig
	delivery
	whole cut
}

func encodePlan(config map[string]any, in File) (*encoding, error) {
	c, err := Decode[encodeConfig](config)
	if err != nil {
		return nil, err
	}
	e := &encoding{encodeConfig: c, delivery: deliveries()[c.Format]}
	if e.whole, err = wholeOf(in); err != nil {
		return nil, err
	}
	f := &e.whole.form
	switch {
	case e.sound && in.Facts.Audio == nil:
		return nil, fmt.Errorf("format: %s is sound, and the input has none", c.Format)
	case !e.sound && !f.hasPicture():
		return nil, fmt.Errorf("format: %s is a picture, and the input is sound alone; use mp3, flac or wav", c.Format)
	case e.sound:
		if f.hasPicture() {
			e.whole.length = f.sample(e.whole.length)
		}
		e.whole.form = form{channels: f.channels}
	case e.silent:
		f.channels = 0
	}
	if f.hasPicture() && min(f.width, f.height) < e.least {
		return nil, fmt.Errorf("format: %s needs at least %dx%d pixels, the input has %dx%d", c.Format, e.least, e.least, f.width, f.height)
	}
	return e, nil
}

// even reports whether sizes must be.
func (e *encoding) even() bool {
	return strings.HasPrefix(e.pixFmt, "yuv420") || strings.HasPrefix(e.pixFmt, "yuv422")
}

// facts of the delivery. The length of coded sound, and the frame rate of a
// GIF, which counts in hundredths of a second, follow rules of their own, so
// there only the frames are stated.
func (e *encoding) facts() *dag.Facts {
	facts := e.whole.form.facts(e.whole.length)
	facts.Format = formatOf(e.Container)
	if v := facts.Video; v != nil {
		v.Codec, v.PixFmt = e.codec, e.pixFmt
		if e.even() {
			v.Width, v.Height = v.Width&^1, v.Height&^1
		}
		if e.Format == "gif" {
			v.FPS, facts.Duration = dag.Rate{}, 0
		}
	}
	if a := facts.Audio; a != nil {
		a.Codec, a.Samples = e.soundCodec(), 0
	}
	return facts
}

// formatOf is the name that facts use for a container.
func formatOf(container string) string {
	if container == "mkv" {
		return "matroska"
	}
	return container
}

// Expect refuses pictures without a picture and sound without sound.
func (Encode) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 10}, nil
	}
	e, err := encodePlan(config, File{Facts: inputs[0]})
	if err != nil {
		return dag.Expectation{}, err
	}
	facts := e.facts()
	cost := 0.1 + facts.Duration/50
	if v := facts.Video; v != nil {
		cost += float64(e.whole.length) * float64(v.Width) * float64(v.Height) / e.pixelsPerSecond
	}
	return dag.Expectation{Facts: facts, Slots: max(1, e.threads), Cost: cost}, nil
}

// Execute encodes the whole input in one call.
func (Encode) Execute(ctx context.Context, req Request) (Result, error) {
	e, err := encodePlan(req.Config, req.Inputs[0])
	if err != nil {
		return Result{}, Invalid("%w", err)
	}
	call := ffmpeg.Call{Dir: req.Scratch, Path: filepath.Join(req.Scratch, "output."+e.Container),
		Threads: e.threads, Duration: e.whole.form.seconds(e.whole.length), Output: e.options()}
	b := cutBuilder{cut: e.whole, call: &call, label: "0"}
	graphs, err := b.build()
	if err != nil {
		return Result{}, err
	}
	call.Graph = strings.Join(append(graphs, e.finish(&call)...), ";")
	_, err = call.Run(ctx, req.Run, req.Log, req.Progress)
	return Result{Path: call.Path, MediaType: mediaTypes()[e.Container][e.Output()]}, err
}

// Output is the kind of the delivery.
func (e *encoding) Output() dag.Kind {
	if e.sound {
		return dag.Audio
	}
	return dag.Video
}

// finish brings picture and sound to what the encoder takes.
func (e *encoding) finish(call *ffmpeg.Call) []string {
	var graphs []string
	if e.whole.form.hasPicture() {
		filter := "format=" + e.pixFmt
		if e.even() {
			filter = fmt.Sprintf("crop=%d:%d:0:0,%s", e.whole.form.width&^1, e.whole.form.height&^1, filter)
		}
		if e.Format == "gif" {
			filter = fmt.Sprintf("split[p][q];[p]palettegen=max_colors=%d[r];[q][r]paletteuse=dither=bayer", e.gifColors())
		}
		graphs, call.Maps = append(graphs, "[v0]"+filter+"[v]"), append(call.Maps, "[v]")
	}
	if e.whole.form.channels > 0 {
		graphs, call.Maps = append(graphs, "[a0]anull[a]"), append(call.Maps, "[a]")
	}
	return graphs
}
