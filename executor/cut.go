package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/sandbox"
)

// cut is a span of one file, exact to the frame, or to the sample where there
// is no picture. Adjoining cuts hold each frame and each sample once.
type cut struct {
	in   File
	from int64 // first frame, at the rate of form; first sample without a picture
	// length in frames or samples. What lies beyond the input's end shows its
	// last picture and is silent.
	length int64
	// loose starts at the key frame at or before the first frame.
	loose bool
	form  form
}

// form is what the pictures and the sound of a cut become.
type form struct {
	width, height int
	fps           dag.Rate // zero: no picture
	pixFmt        string   // empty: as the input, or the nearest that loses nothing
	channels      int      // 0: no sound
	background    string   // around pictures of another shape, and behind sound alone
}

// formOf returns the form that a file has already.
func formOf(f *dag.Facts) form {
	var own form
	if v := f.Video; v != nil {
		own.width, own.height, own.fps = v.Width, v.Height, v.FPS
	}
	if f.Audio != nil {
		own.channels = f.Audio.Channels
	}
	return own
}

func (f form) hasPicture() bool { return f.fps.Num > 0 }

// seconds returns the length of n frames, or samples without a picture.
func (f form) seconds(n int64) float64 {
	if f.hasPicture() {
		return f.fps.Seconds(n)
	}
	return float64(n) / ffmpeg.Rate
}

// units is the inverse of seconds, to the nearest.
func (f form) units(seconds float64) int64 {
	if f.hasPicture() {
		return f.fps.Frames(seconds)
	}
	return samplesIn(seconds)
}

// sample returns the sample at 48 kHz at which unit n starts.
func (f form) sample(n int64) int64 {
	if f.hasPicture() {
		return sampleAt(f.fps, n)
	}
	return n
}

// facts says what a file of this form and length is.
func (f form) facts(length int64) *dag.Facts {
	out := &dag.Facts{Kind: dag.Audio, Format: "matroska", Duration: f.seconds(length)}
	if f.hasPicture() {
		out.Kind = dag.Video
		out.Video = &dag.VideoFacts{Codec: "ffv1", Width: f.width, Height: f.height, FPS: f.fps, Frames: length, PixFmt: f.pixFmt}
	}
	if f.channels > 0 {
		out.Audio = &dag.AudioFacts{Codec: "pcm_s24le", Rate: ffmpeg.Rate, Channels: f.channels, Samples: f.sample(length)}
	}
	return out
}

// start is the first moment of the cut in its input, in seconds.
func (c cut) start() float64 { return c.form.seconds(c.from) }

// samples returns the first sample and the number of them, at 48 kHz.
func (c cut) samples() (first, n int64) {
	first = c.form.sample(c.from)
	return first, c.form.sample(c.from+c.length) - first
}

// preroll is how long before a cut of a source reading starts, in seconds: for
// decoders that need a packet before to be right, and seeks that land late.
const preroll = 1

// seek returns where reading starts: a multiple of 10 ms, which is a whole
// number of samples at all usual rates. Starts within the first seconds are
// read from the beginning.
func (c cut) seek() float64 {
	if isIntermediate(c.in.Facts) {
		return math.Floor(c.start()*100) / 100
	}
	at := math.Floor((c.start()-preroll)*100) / 100
	if at < preroll {
		return 0
	}
	return at
}

// write makes the cut at path, in req.Scratch.
func (c cut) write(ctx context.Context, req Request, path string) error {
	return writeCuts(ctx, req, []cut{c}, c.length, path, "")
}

// writeCuts makes one file of cuts of that length, combined by a graph from
// [v0][a0], [v1][a1] and so on to [v] and [a]; one cut needs none.
func writeCuts(ctx context.Context, req Request, cuts []cut, length int64, path string, combine string) error {
	return seeking(ctx, req, anySeeks(cuts), func(seek bool) error {
		call, err := cutCall(req, cuts, seek, combine)
		if err != nil {
			return err
		}
		call.Path, call.Duration = path, cuts[0].form.seconds(length)
		_, err = call.Run(ctx, req.Run, req.Log, req.Progress)
		return err
	})
}

// seeking runs a call that seeks. Where decoding fails from there (a stream
// whose groups of pictures lean on each other), it reads from the beginning,
// and only a failure then is one of the input.
func seeking(ctx context.Context, req Request, seeks bool, run func(seek bool) error) error {
	err := run(true)
	var exit *sandbox.ExitError
	if !errors.As(err, &exit) || exit.Why != "" || ctx.Err() != nil || !seeks {
		return err
	}
	fmt.Fprintln(req.Log, "reading from the beginning, because seeking did not work")
	return run(false)
}

func anySeeks(cuts []cut) bool {
	for _, c := range cuts {
		if c.seek() > 0 {
			return true
		}
	}
	return false
}

func cutCall(req Request, cuts []cut, seek bool, combine string) (ffmpeg.Call, error) {
	call := ffmpeg.Call{Output: ffmpeg.IntermediateOf(cuts[0].form.width, cuts[0].form.height), Dir: req.Scratch}
	var graphs []string
	for i, c := range cuts {
		b := cutBuilder{cut: c, call: &call, label: fmt.Sprint(i)}
		if len(cuts) == 1 {
			b.label = ""
		}
		if seek {
			b.seek = c.seek()
		}
		added, err := b.build()
		if err != nil {
			return call, err
		}
		graphs = append(graphs, added...)
	}
	if combine != "" {
		graphs = append(graphs, combine)
	}
	call.Graph = strings.Join(graphs, ";")
	if cuts[0].form.hasPicture() {
		call.Maps = append(call.Maps, "[v]")
	}
	if cuts[0].form.channels > 0 {
		call.Maps = append(call.Maps, "[a]")
	}
	return call, nil
}
