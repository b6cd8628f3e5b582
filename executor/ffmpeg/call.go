// Package ffmpeg builds calls of ffmpeg that give the same bytes everywhere,
// runs them in the sandbox, and measures what came out.
//
// Bytes depend on flags, threads and the CPU unless each is pinned, so there
// is one place that writes them: Call. Exit code 0 is not success, so there is
// one place that compares what was made with what was stated: Check.
package ffmpeg

import (
	"context"
	"io"
	"path/filepath"
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
	// Threads of codecs: a constant of the type, because bytes depend on it.
	// 0 means 1.
	Threads int
	// Dir is the scratch folder.
	Dir string
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
		args = append(args, "-threads", "1", "-protocol_whitelist", "file,pipe")
		args = append(append(args, in.Options...), "-i", in.Path)
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

// Intermediate returns the output options of a file between steps: FFV1 in
// Matroska loses nothing and each frame stands alone, PCM does not drift.
func Intermediate() []string {
	return []string{"-c:v", "ffv1", "-level", "3", "-g", "1", "-slices", "4", "-slicecrc", "1",
		"-c:a", "pcm_s16le", "-ar", "48000", "-f", "matroska"}
}

// Run runs the call and blocks until ffmpeg is gone. log takes its messages,
// progress the part that is done, 0 to 1.
func (c Call) Run(ctx context.Context, run sandbox.Runner, log io.Writer, progress func(float64)) (Report, error) {
	graphFile := filepath.Join(c.Dir, "graph.txt")
	if err := c.writeGraph(graphFile); err != nil {
		return Report{}, err
	}
	reader := &progressReader{duration: c.Duration, report: progress}
	err := run.Run(ctx, sandbox.Command{
		Tool: "ffmpeg", Args: c.Args(graphFile), Dir: c.Dir, Stdout: reader, Stderr: log,
	})
	return reader.last, err
}
