package executor

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/matroska"
	"github.com/artdag/artdag/executor/sandbox"
)

// cut is a span of one file, exact to the frame, or to the sample where there
// is no picture. Adjoining cuts hold each frame and each sample once.
type cut struct {
	in   File
	from int64 // first frame; first sample without a picture
	// length in frames or samples. What lies beyond the input's end shows its
	// last picture and is silent.
	length int64
	// loose starts at the key frame at or before the first frame.
	loose bool
	// channels of the sound; 0 as the input has.
	channels int
}

// facts says what the cut is as an intermediate.
func (c cut) facts() *dag.Facts {
	out := &dag.Facts{Kind: dag.Audio, Format: "matroska", Duration: c.seconds()}
	if v := c.in.Facts.Video; v != nil {
		out.Kind = dag.Video
		out.Video = &dag.VideoFacts{Codec: "ffv1", Width: v.Width, Height: v.Height, FPS: v.FPS, Frames: c.length}
	}
	if a := c.in.Facts.Audio; a != nil {
		_, samples := c.samples()
		out.Audio = &dag.AudioFacts{Codec: "pcm_s24le", Rate: ffmpeg.Rate, Channels: a.Channels, Samples: samples}
		if c.channels > 0 {
			out.Audio.Channels = c.channels
		}
	}
	return out
}

// start and seconds are the first moment and the length in time.
func (c cut) start() float64 {
	if v := c.in.Facts.Video; v != nil {
		return v.FPS.Seconds(c.from)
	}
	return float64(c.from) / ffmpeg.Rate
}

func (c cut) seconds() float64 {
	if v := c.in.Facts.Video; v != nil {
		return v.FPS.Seconds(c.length)
	}
	return float64(c.length) / ffmpeg.Rate
}

// samples returns the first sample and the number of them, at 48 kHz.
func (c cut) samples() (first, n int64) {
	v := c.in.Facts.Video
	if v == nil {
		return c.from, c.length
	}
	first = sampleAt(v.FPS, c.from)
	return first, sampleAt(v.FPS, c.from+c.length) - first
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

// write makes the cut at path, in req.Scratch. It seeks; where decoding fails
// from there (a stream whose groups of pictures lean on each other), it reads
// from the beginning, and only a failure then is one of the input.
func (c cut) write(ctx context.Context, req Request, path string) error {
	seek := c.seek()
	err := c.writeFrom(ctx, req, path, seek)
	var exit *sandbox.ExitError
	if seek == 0 || !errors.As(err, &exit) || exit.Why != "" || ctx.Err() != nil {
		return err
	}
	fmt.Fprintf(req.Log, "reading from the beginning, because seeking to %.2f s did not work\n", seek)
	return c.writeFrom(ctx, req, path, 0)
}

func (c cut) writeFrom(ctx context.Context, req Request, path string, seek float64) error {
	input := ffmpeg.Input{Path: c.in.Path}
	if seek > 0 {
		input.Options = []string{"-noaccurate_seek", "-ss", fmt.Sprintf("%.2f", seek)}
	}
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{input}, Output: ffmpeg.Intermediate(),
		Path: path, Dir: req.Scratch, Duration: c.seconds(),
	}
	var graph []string
	if c.in.Facts.Video != nil {
		graph = append(graph, c.pictureGraph(seek))
		call.Maps = append(call.Maps, "[v]")
	}
	if c.in.Facts.Audio != nil {
		sound, err := c.soundGraph(&call, seek)
		if err != nil {
			return err
		}
		graph = append(graph, sound)
		call.Maps = append(call.Maps, "[a]")
	}
	call.Graph = strings.Join(graph, ";")
	_, err := call.Run(ctx, req.Run, req.Log, req.Progress)
	return err
}

// pictureGraph puts the first frame of the cut at time 0 of an even grid. The
// grid takes the nearest frame, so that timestamps which the container rounded
// to a millisecond do not matter.
func (c cut) pictureGraph(seek float64) string {
	v := c.in.Facts.Video
	shift := fmt.Sprintf("setpts=PTS-%d", int64(math.Round((c.start()-seek)*1e6)))
	if c.loose {
		shift = "setpts=PTS-STARTPTS"
	}
	graph := fmt.Sprintf("[0:v:0]settb=AVTB,%s,fps=%s:start_time=0", shift, v.FPS)
	if hold := c.from + c.length - v.Frames; v.Frames > 0 && hold > 0 {
		// Only as many as are stated to be missing: a file that breaks off
		// early must not pass for a whole one.
		graph += fmt.Sprintf(",tpad=stop_mode=clone:stop=%d", hold)
	}
	return graph + fmt.Sprintf(",trim=end_frame=%d,scale=%d:%d,setsar=1[v]", c.length, v.Width, v.Height)
}

// soundGraph cuts the sound to the sample and lasts as long as the picture.
func (c cut) soundGraph(call *ffmpeg.Call, seek float64) (string, error) {
	first, n := c.samples()
	end := fmt.Sprintf(",apad=whole_len=%d[a]", n)
	if c.in.Facts.Video == nil && c.from+c.length <= soundLength(c.in.Facts) {
		end = "[a]" // silence would hide that the file breaks off
	}
	if isIntermediate(c.in.Facts) {
		input, err := c.extractSound(call.Dir, first, n)
		call.Inputs = append(call.Inputs, input)
		return fmt.Sprintf("[%d:a]%s%s", len(call.Inputs)-1, ffmpeg.Sound(c.channels), end), err
	}
	// What precedes time 0 goes before resampling, which then always starts at
	// a whole number of 10 ms, and so always gives the same samples.
	from := "atrim=start=0,aresample=48000:async=1:first_pts=0:internal_sample_fmt=s32p"
	skip := first - samplesIn(seek)
	if c.loose {
		from, skip = "asetpts=PTS-STARTPTS,aresample=48000:internal_sample_fmt=s32p", 0
	}
	return fmt.Sprintf("[0:a:0]%s,%s,atrim=start_sample=%d:end_sample=%d,asetpts=PTS-STARTPTS%s",
		from, ffmpeg.SoundFormat(c.channels), skip, skip+n, end), nil
}

// extractSound copies the samples of an intermediate to a file of their own,
// because timestamps, which Matroska rounds to a millisecond, cannot name one.
func (c cut) extractSound(dir string, first, n int64) (ffmpeg.Input, error) {
	in, err := os.Open(c.in.Path)
	if err != nil {
		return ffmpeg.Input{}, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return ffmpeg.Input{}, err
	}
	path := filepath.Join(dir, "sound.pcm")
	out, err := os.Create(path)
	if err != nil {
		return ffmpeg.Input{}, err
	}
	_, err = matroska.CopyPCM(out, in, info.Size(), first, n)
	if err = errors.Join(err, out.Close()); err != nil {
		return ffmpeg.Input{}, fmt.Errorf("copy sound: %w", err)
	}
	return ffmpeg.RawSound(path, c.in.Facts.Audio.Channels), nil
}
