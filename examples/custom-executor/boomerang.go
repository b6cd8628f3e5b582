package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Boomerang plays a picture forwards and then backwards. It lasts longer than
// its input, which is why it is a step type and not an effect.
type Boomerang struct{ executor.Declared }

var _ executor.Executor = Boomerang{}

// maxBytes bounds the pictures of one input, because all of them are in memory
// while they are turned around.
const maxBytes = 1 << 30

// NewBoomerang returns the type.
func NewBoomerang() Boomerang {
	return Boomerang{executor.Declare(executor.Spec{
		Name: "BOOMERANG", Version: 1,
		Doc: "Plays a picture forwards and then backwards.",
		Arity: dag.Arity{Slots: []dag.Slot{
			{Name: "input", Doc: "a short film; its sound is left out", Kinds: []dag.Kind{dag.Video}},
		}},
		Keys: []executor.Key{
			{Name: "times", Type: executor.Integer, Default: 1.0, Min: executor.Bound(1), Max: executor.Bound(100), Doc: "how often there and back"},
		},
		Example: "{times: 2}",
	})}
}

// Output is a picture, whatever the config.
func (Boomerang) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Video }

// Expect states size, rate and length, and refuses what would not fit into
// memory before anything runs.
func (b Boomerang) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil // of an input that is not known yet
	}
	out, err := b.plan(config, inputs[0])
	if err != nil {
		return dag.Expectation{}, err
	}
	return dag.Expectation{Facts: out, Slots: 1, Cost: out.Duration / 4}, nil
}

func (Boomerang) plan(config map[string]any, in *dag.Facts) (*dag.Facts, error) {
	c, err := executor.Decode[struct{ Times int64 }](config)
	if err != nil {
		return nil, err
	}
	v := in.Video
	if v == nil || v.Frames == 0 {
		return nil, errors.New("the input has no picture")
	}
	// At most three bytes for each pixel.
	if held := v.Frames * int64(v.Width) * int64(v.Height) * 3; held > maxBytes {
		return nil, fmt.Errorf("%d frames of %dx%d would take %d MiB of memory, at most %d are allowed; cut the input with SEGMENT",
			v.Frames, v.Width, v.Height, held>>20, maxBytes>>20)
	}
	frames := 2 * v.Frames * c.Times
	return &dag.Facts{
		Kind: dag.Video, Format: "matroska", Duration: v.FPS.Seconds(frames),
		Video: &dag.VideoFacts{Codec: "ffv1", Width: v.Width, Height: v.Height, FPS: v.FPS, Frames: frames},
	}, nil
}

// Execute turns a copy around and joins both.
func (b Boomerang) Execute(ctx context.Context, req executor.Request) (executor.Result, error) {
	in := req.Inputs[0]
	out, err := b.plan(req.Config, in.Facts)
	if err != nil {
		return executor.Result{}, executor.Invalid("%w", err)
	}
	n, v := in.Facts.Video.Frames, out.Video
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{{Path: in.Path}},
		Graph: fmt.Sprintf("[0:v:0]fps=%s:start_time=0,trim=end_frame=%d,scale=%d:%d,setsar=1,format=yuv420p,split[there][copy];"+
			"[copy]reverse[back];[there][back]concat,loop=loop=%d:size=%d,setpts=N/(%s*TB)[v]",
			v.FPS, n, v.Width, v.Height, v.Frames/(2*n)-1, 2*n, v.FPS),
		Maps: []string{"[v]"}, Output: ffmpeg.Intermediate(),
		Dir: req.Scratch, Path: filepath.Join(req.Scratch, "output.mkv"), Duration: out.Duration,
	}
	_, err = call.Run(ctx, req.Run, req.Log, req.Progress)
	return executor.Result{Path: call.Path}, err
}
