// Package ffmpeg builds calls of ffmpeg that give the same bytes everywhere,
// runs them in the sandbox, and measures what came out.
//
// Bytes depend on flags, threads and the CPU unless each is pinned, so there
// is one place that writes them: Call. Exit code 0 is not success, so there is
// one place that compares what was made with what was stated: Check.
package ffmpeg

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/artdag/artdag/executor/sandbox"
)

// Call is one run of ffmpeg: inputs, one filter graph, one output.
type Call struct {
	Inputs []Input
	// Graph is the filter graph without the sws_flags prefix; its outputs are
	// named in Maps. Empty means that packets or streams are mapped directly.
	Graph string
	Maps  []string // "[v]", "0:a?"
	// Output are the options of the output, its codec first.
	Output []string
	// Path is the output file, in Dir.
	Path string
	// Read lists further files that ffmpeg opens: those named in a list.
	Read []string
	// Threads of codecs: a constant of the type, because bytes depend on it.
	// 0 means 1.
	Threads int
	// Dir is the scratch folder.
	Dir string
	// Stdin feeds an input whose Path is "pipe:0".
	Stdin io.Reader
	// Duration of what is made, in seconds, for progress; 0 when unknown.
	Duration float64
}

// Input is one -i with the options before it.
type Input struct {
	Options []string
	Path    string
}

// maxGraphArgument is the longest graph given as an argument; longer ones go
// through a file, because one argument may hold 128 KiB.
const maxGraphArgument = 100 << 10

// scaler pins the scalers inside a graph: as an option it does not reach them.
const scaler = "sws_flags=bicubic+accurate_rnd+bitexact+full_chroma_int;"

// Args returns the argument list. graphFile is used for a long graph.
func (c Call) Args(graphFile string) []string {
	threads := strconv.Itoa(max(c.Threads, 1))
	args := []string{"-hide_banner", "-nostdin", "-y", "-v", "warning", "-xerror",
		"-filter_threads", "1", "-filter_complex_threads", "1"}
	for _, in := range c.Inputs {
		args = append(args, in.args()...)
	}
	if c.Graph != "" {
		args = append(args, graphArgument(c.Graph, graphFile)...)
	}
	for _, m := range c.Maps {
		args = append(args, "-map", m)
	}
	args = append(args, "-map_metadata", "-1", "-map_chapters", "-1",
		"-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-threads", threads)
	args = append(args, c.Output...)
	return append(args, "-progress", "pipe:1", "-nostats", "file:"+c.Path)
}

func graphArgument(graph, file string) []string {
	if len(graph) > maxGraphArgument {
		return []string{"-filter_complex_script", file}
	}
	return []string{"-filter_complex", scaler + graph}
}

// args are the options of the input and its -i. An input of the user's may not
// be a playlist, which would open what it names; one whose demuxer is given is
// ours.
func (in Input) args() []string {
	args := []string{"-threads", "1", "-protocol_whitelist", "file,pipe"}
	if !slices.Contains(in.Options, "-f") {
		// Without explode, decoders conceal damage and the exit code is 0.
		args = append(args, "-err_detect", "explode", "-format_whitelist", Formats)
	}
	return append(append(args, in.Options...), "-i", in.Path)
}

// Generator returns an input that is a filter graph without inputs, such as
// "color=red:size=320x180:rate=24:duration=2".
func Generator(graph string) Input {
	return Input{Options: []string{"-f", "lavfi"}, Path: scaler + graph}
}

// Still returns an input that is one image, shown once, whatever its name.
func Still(path string) Input {
	return Input{Options: []string{"-f", "image2", "-pattern_type", "none"}, Path: path}
}

// Intermediate returns the output options of a file between steps: FFV1 in
// Matroska loses nothing and each frame stands alone, PCM does not drift.
// 24 bits because the integer resampler gives the same samples on every CPU.
// 0 slices are 4 wherever the size allows it, and fewer for odd heights. A
// picture that may be less than 4 pixels wide or high needs IntermediateOf.
func Intermediate() []string { return IntermediateOf(0, 0) }

// IntermediateOf is Intermediate for a picture of that size. One of 2 or 3
// pixels has less than 2 samples of color in that direction, for which ffmpeg
// finds no number of slices by itself.
func IntermediateOf(width, height int) []string {
	slices := "0"
	if least := min(width, height); least >= 1 && least <= 3 {
		slices = "1"
	}
	return []string{"-c:v", "ffv1", "-level", "3", "-g", "1", "-slices", slices, "-slicecrc", "1",
		"-c:a", "pcm_s24le", "-f", "matroska"}
}

// CopiedPicture is Intermediate for a picture that is one already: its packets
// are copied.
func CopiedPicture() []string {
	return []string{"-c:v", "copy", "-c:a", "pcm_s24le", "-f", "matroska"}
}

// Rate is the sample rate of intermediates, in samples per second.
const Rate = 48000

// Sound is the filter that brings sound to the form of intermediates: 48 kHz
// by the integer resampler. channels 0 keeps their number.
func Sound(channels int) string {
	return "aresample=48000:internal_sample_fmt=s32p," + SoundFormat(channels)
}

// SoundFormat is the second half of Sound, for an aresample with options of
// its own before it: the two are negotiated together, so that no further,
// less exact resampler comes between.
func SoundFormat(channels int) string {
	filter := "aformat=sample_fmts=s32:sample_rates=48000"
	if channels > 0 {
		filter += ":channel_layouts=" + Layout(channels)
	}
	return filter
}

// RawSound returns an input that is a file of bare samples as intermediates
// hold them.
func RawSound(path string, channels int) Input {
	return Input{Options: []string{"-f", "s24le", "-ar", strconv.Itoa(Rate), "-ac", strconv.Itoa(channels)}, Path: path}
}

// Layout names the usual layout of that many channels.
func Layout(channels int) string {
	usual := []string{"mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1"}
	if channels >= 1 && channels <= len(usual) {
		return usual[channels-1]
	}
	return strconv.Itoa(channels) + "c"
}

// Run runs the call and blocks until ffmpeg is gone. log takes its messages,
// progress the part that is done, 0 to 1.
func (c Call) Run(ctx context.Context, run sandbox.Runner, log io.Writer, progress func(float64)) (Report, error) {
	graphFile := filepath.Join(c.Dir, "graph.txt")
	if err := c.writeGraph(graphFile); err != nil {
		return Report{}, err
	}
	reader := &progressReader{duration: c.Duration, report: progress}
	watch := &damageWatch{Writer: log}
	err := run.Run(ctx, sandbox.Command{
		Tool: "ffmpeg", Args: c.Args(graphFile), Dir: c.Dir, Read: c.reads(),
		Stdin: c.Stdin, Stdout: reader, Stderr: watch,
		Env: []string{"SVT_LOG=1"}, // errors alone: it warns of each thread
	})
	if err == nil && !reader.last.Ended {
		err = errors.New("ffmpeg: it ended without saying that it was done")
	}
	if err == nil && watch.seen {
		err = errDamaged
	}
	return reader.last, err
}

// reads lists the files outside Dir that ffmpeg opens.
func (c Call) reads() []string {
	files := slices.Clone(c.Read)
	for _, in := range c.Inputs {
		if filepath.IsAbs(in.Path) {
			files = append(files, in.Path)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}
