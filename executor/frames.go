package executor

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Frames takes single pictures out of a film, as images: those that are seen at
// given times, or at even distances from the beginning. One output per picture,
// named 00000000, 00000001, ... in the order of the times.
type Frames struct{ Declared }

var _ Executor = Frames{}

// maxFrames bounds the number of files.
const maxFrames = 100_000

// NewFrames returns the type.
func NewFrames() Frames {
	return Frames{Declare(Spec{
		Name: "FRAMES", Version: 1,
		Doc:   "Takes single pictures out of a film, as images.",
		Arity: dag.Arity{Slots: []dag.Slot{{Name: "input", Doc: "the film", Kinds: []dag.Kind{dag.Video}}}},
		Keys: []Key{
			{Name: "at", Type: List, Unit: "s", MinLen: 1, MaxLen: 10_000, Elem: &Key{Type: Number, Min: Bound(0)}, Doc: "the times; this or rate"},
			{Name: "rate", Type: FPS, Doc: "pictures a second, the first at 0; this or at"},
			{Name: "format", Type: Choice, Choices: []string{"png", "jpg"}, Default: "png", Doc: "png loses nothing; jpg is smaller"},
		},
		Example: "{at: [0, 1.5, 3]}",
	})}
}

// Normalize wants exactly one of at and rate.
func (f Frames) Normalize(config map[string]any) (map[string]any, error) {
	out, err := f.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	if (out["at"] == nil) == (out["rate"] == nil) {
		return nil, dag.ConfigErrors{{Message: "give exactly one of at and rate"}}
	}
	return out, nil
}

// Output is a list of images.
func (f Frames) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Images }

type framesConfig struct {
	At     []float64
	Rate   any
	Format string
}

// Expect knows the names for times always, for a rate when the film's length is
// known, and refuses times past the end.
func (f Frames) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	c, err := Decode[framesConfig](config)
	if err != nil {
		return dag.Expectation{}, err
	}
	want := dag.Expectation{Multi: true, Slots: 1, Cost: 1}
	if inputs[0] == nil {
		if c.Rate == nil {
			want.Members = memberNames(int64(len(c.At)))
		}
		return want, nil
	}
	count, err := c.count(inputs[0])
	if err != nil {
		return dag.Expectation{}, err
	}
	v := inputs[0].Video
	want.Facts, want.Members = imageFacts(v.Width, v.Height, imageFormat(c.Format)), memberNames(count)
	want.Cost = 0.1 * float64(count)
	return want, nil
}

// imageFormat is the name that facts have for a format.
func imageFormat(format string) string {
	if format == "jpg" {
		return "jpeg"
	}
	return format
}

func memberNames(n int64) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%08d", i)
	}
	return names
}

// count returns the number of pictures.
func (c framesConfig) count(in *dag.Facts) (int64, error) {
	if err := checkPicture(in, "the input"); err != nil {
		return 0, err
	}
	if c.Rate == nil {
		for _, at := range c.At {
			if _, err := frameAt(in, at); err != nil {
				return 0, err
			}
		}
		return int64(len(c.At)), nil
	}
	rate, err := dag.ParseRate(fmt.Sprint(c.Rate))
	if err != nil {
		return 0, err
	}
	// Picture k is seen at k/rate, which is before the end for k below this.
	fps := in.Video.FPS
	n := (pictures(in)*fps.Den*rate.Num + fps.Num*rate.Den - 1) / (fps.Num * rate.Den)
	if n > maxFrames {
		return 0, fmt.Errorf("%d pictures at %s a second; at most %d are allowed", n, rate, maxFrames)
	}
	return n, nil
}

// frameAt returns the frame that is seen at that time, in seconds. A
// microsecond before a frame counts as its start, because times come from
// arithmetic and from containers that round.
func frameAt(in *dag.Facts, at float64) (int64, error) {
	n := int64(math.Floor((at + 1e-6) * in.Video.FPS.Float()))
	if n >= pictures(in) {
		return 0, fmt.Errorf("there is no picture at %.3f s: the input ends at %.3f s", at, in.Video.FPS.Seconds(pictures(in)))
	}
	return n, nil
}

// Execute writes the images.
func (f Frames) Execute(ctx context.Context, req Request) (Result, error) {
	c, err := Decode[framesConfig](req.Config)
	if err != nil {
		return Result{}, err
	}
	in := req.Inputs[0]
	count, err := c.count(in.Facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	if c.Rate != nil {
		return c.evenly(ctx, req, in, count)
	}
	var result Result
	for i, at := range c.At {
		n, err := frameAt(in.Facts, at)
		if err != nil {
			return Result{}, &Failure{Err: err}
		}
		path := filepath.Join(req.Scratch, fmt.Sprintf("%08d.%s", i, c.Format))
		if err := writeFrame(ctx, req, in, n, 0, path); err != nil {
			return Result{}, err
		}
		result.Members = append(result.Members, Member{Name: fmt.Sprintf("%08d", i), Path: path})
		req.Progress(float64(i+1) / float64(count))
	}
	return result, nil
}

// evenly writes all pictures in one call.
func (c framesConfig) evenly(ctx context.Context, req Request, in File, count int64) (Result, error) {
	dir := filepath.Join(req.Scratch, "frames")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return Result{}, err
	}
	// Rounding up puts each frame at the first time at or after its start, so
	// that the frame at a time is the last that has started.
	rate := fmt.Sprintf("settb=1/(%s),setpts=N,fps=%v:start_time=0:round=up,tpad=stop_mode=clone:stop=1,trim=end_frame=%d", in.Facts.Video.FPS, c.Rate, count)
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{openInput(in)}, Dir: req.Scratch, Duration: in.Facts.Duration,
		Graph: chain(pictureFrom(0, in.Facts), rate, imageFilter(in.Facts, c.Format)) + "[out_v]", Maps: []string{"[out_v]"},
		Output: imageSequence(c.Format), Path: filepath.Join(strings.ReplaceAll(dir, "%", "%%"), "%08d."+c.Format),
	}
	if _, err := call.Run(ctx, req.Run, req.Log, req.Progress); err != nil {
		return Result{}, err
	}
	return membersIn(dir, c.Format)
}

// membersIn lists the files that are there; that none is missing is checked
// with the result.
func membersIn(dir, format string) (Result, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return Result{}, err
	}
	var result Result
	for _, file := range files {
		result.Members = append(result.Members, Member{
			Name: strings.TrimSuffix(file.Name(), "."+format), Path: filepath.Join(dir, file.Name()),
		})
	}
	return result, nil
}

// imageSequence is the output of one file for each picture.
func imageSequence(format string) []string {
	options := imageOutput(format)
	return append(options[:len(options)-2:len(options)-2], "-start_number", "0", "-fps_mode", "passthrough")
}
