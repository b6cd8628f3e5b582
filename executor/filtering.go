package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// filtering sends one picture and its sound through filters: what RESIZE,
// TRANSFORM and EFFECT do. An image gives a PNG, a picture track an
// intermediate whose sound is as long as its picture. Sound alone is filtered
// too.
type filtering struct {
	in      File
	out     *dag.Facts // what comes out
	picture string     // filters; empty leaves the picture alone
	sound   string
}

func (f filtering) run(ctx context.Context, req Request) (Result, error) {
	call := ffmpeg.Call{Inputs: []ffmpeg.Input{openInput(f.in)}, Dir: req.Scratch, Duration: f.out.Duration}
	var graph []string
	if f.out.Video != nil {
		graph = append(graph, chain(pictureFrom(0, f.in.Facts), f.picture, "setsar=1", stored(f.in.Facts))+"[out_v]")
	}
	if f.out.Audio != nil {
		n := f.out.Audio.Samples
		end := fmt.Sprintf("aformat=sample_fmts=s32,apad=whole_len=%d,atrim=end_sample=%d", n, n)
		graph = append(graph, chain(soundFrom(0, f.in.Facts, 0), f.sound, end)+"[out_a]")
	}
	call.Graph = strings.Join(graph, ";")
	return write(ctx, req, call, f.out)
}

// chain joins the parts of a filter chain that are not empty.
func chain(parts ...string) string {
	var used []string
	for _, part := range parts {
		if part != "" {
			used = append(used, part)
		}
	}
	return strings.Join(used, ",")
}

// write completes a call whose graph gives [out_v] when out has a picture and
// [out_a] when it has sound, and runs it. The name of the file follows from what it is.
func write(ctx context.Context, req Request, call ffmpeg.Call, out *dag.Facts) (Result, error) {
	if out.Video != nil {
		call.Maps = append(call.Maps, "[out_v]")
	}
	if out.Audio != nil {
		call.Maps = append(call.Maps, "[out_a]")
	}
	name := "output.mkv"
	call.Output = ffmpeg.Intermediate()
	if out.Video != nil {
		call.Output = ffmpeg.IntermediateOf(out.Video.Width, out.Video.Height)
	}
	switch out.Format {
	case "png":
		name, call.Output = "output.png", ffmpeg.PNG()
	case "jpeg":
		name, call.Output = "output.jpg", ffmpeg.JPEG()
	}
	call.Path = filepath.Join(req.Scratch, name)
	_, err := call.Run(ctx, req.Run, req.Log, req.Progress)
	return Result{Path: call.Path}, err
}
