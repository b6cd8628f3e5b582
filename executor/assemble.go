package executor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Assemble shows images one after the other, each for one frame, as a picture
// track without sound. The first image decides the size; others are fitted into
// it, black around them. A list, such as the whole output of FRAMES or BLENDER,
// stands for its members in order.
type Assemble struct{ Declared }

var _ Executor = Assemble{}

// NewAssemble returns the type.
func NewAssemble() Assemble {
	return Assemble{Declare(Spec{
		Name: "ASSEMBLE", Version: 1,
		Doc: "Makes a picture track of images, one frame each.",
		Arity: dag.Arity{Min: 1, Rest: &dag.Slot{
			Name: "image", Doc: "images in order, or lists of images", Kinds: []dag.Kind{dag.Image, dag.Images},
		}},
		Keys:    []Key{{Name: "fps", Type: FPS, Default: 24.0, Doc: "frames a second"}},
		Example: "{fps: 24}",
	})}
}

// Output is a picture track.
func (a Assemble) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Video }

func (a Assemble) rate(config map[string]any) (dag.Rate, error) {
	return dag.ParseRate(fmt.Sprint(config["fps"]))
}

// Expect gives one frame for each image.
func (a Assemble) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	facts, known := flattenFacts(inputs)
	if !known {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	out, err := a.plan(config, facts)
	return dag.Expectation{Facts: out, Slots: 1, Cost: 2 * intermediateCost(out)}, err
}

func (a Assemble) plan(config map[string]any, facts []*dag.Facts) (*dag.Facts, error) {
	rate, err := a.rate(config)
	if err != nil {
		return nil, err
	}
	for i, f := range facts {
		if f.Kind != dag.Image {
			return nil, fmt.Errorf("image %d is no image", i)
		}
		if err := checkPicture(f, fmt.Sprintf("image %d", i)); err != nil {
			return nil, err
		}
	}
	first := facts[0].Video
	return videoFacts(first.Width, first.Height, rate, int64(len(facts))), nil
}

// Execute reads each run of like images as one sequence, and joins the runs.
func (a Assemble) Execute(ctx context.Context, req Request) (Result, error) {
	files := flatten(req.Inputs)
	if len(files) == 0 {
		return Result{}, Invalid("there is no image to assemble")
	}
	facts := make([]*dag.Facts, len(files))
	for i, f := range files {
		facts[i] = f.Facts
	}
	out, err := a.plan(req.Config, facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	out.Video.PixFmt = assembledFormat(facts)
	runs := likeRuns(files)
	path := filepath.Join(req.Scratch, "output.mkv")
	if len(runs) == 1 {
		return Result{Path: path}, writeRun(ctx, req, runs[0], 0, out, path)
	}
	parts := make([]part, len(runs))
	for i, run := range runs {
		parts[i] = part{partPath(req.Scratch, i), out.Video.FPS.Seconds(int64(len(run)))}
		if err := writeRun(ctx, req, run, i, out, parts[i].path); err != nil {
			return Result{}, err
		}
	}
	return Result{Path: path}, join(ctx, req, parts, path)
}

// assembledFormat keeps the colors of the first image, and alpha if any image
// has some.
func assembledFormat(facts []*dag.Facts) string {
	for _, f := range facts {
		if hasAlpha(f) {
			return "bgra"
		}
	}
	switch format := ffv1Format(facts[0].Video.PixFmt); {
	case format != "":
		return format
	case facts[0].Format == "jpeg":
		return "yuv444p"
	}
	return "bgr0"
}

// runLength bounds the images of one call, whose files the sandbox is told one
// by one.
const runLength = 1000

// likeRuns cuts the list where codec, size or pixel format change: a decoder and
// a scaler are set up for one kind of image.
func likeRuns(files []File) [][]File {
	var runs [][]File
	for i, f := range files {
		if i == 0 || len(runs[len(runs)-1]) == runLength || !sameForm(files[i-1].Facts, f.Facts) {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], f)
	}
	return runs
}

func sameForm(a, b *dag.Facts) bool {
	return a.Format == b.Format && a.Video.Codec == b.Video.Codec && a.Video.PixFmt == b.Video.PixFmt &&
		a.Video.Width == b.Video.Width && a.Video.Height == b.Video.Height
}

// writeRun makes a picture track of like images. Links of our own give them
// numbered names, so that they are opened one after the other.
func writeRun(ctx context.Context, req Request, run []File, n int, out *dag.Facts, path string) error {
	name := fmt.Sprintf("images-%06d", n)
	dir := filepath.Join(req.Scratch, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	read := make([]string, len(run))
	for i, f := range run {
		read[i] = f.Path
		if err := os.Symlink(f.Path, filepath.Join(dir, fmt.Sprintf("%08d.%s", i, f.Facts.Format))); err != nil {
			return err
		}
	}
	v, in := out.Video, run[0].Facts
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{{
			Options: []string{"-f", "image2", "-framerate", v.FPS.String(), "-start_number", "0"},
			// Relative to the scratch folder, so that only the number is a pattern.
			Path: filepath.Join(name, "%08d."+in.Format),
		}},
		Graph: fmt.Sprintf("[0:v:0]%s,format=%s[out_v]", fittedInto(in, v), v.PixFmt), Maps: []string{"[out_v]"},
		Output: ffmpeg.IntermediateOf(v.Width, v.Height), Path: path, Dir: req.Scratch, Read: read, Duration: v.FPS.Seconds(int64(len(run))),
	}
	_, err := call.Run(ctx, req.Run, req.Log, req.Progress)
	return err
}

// fittedInto scales an image into the size of the first.
func fittedInto(in *dag.Facts, first *dag.VideoFacts) string {
	c := resizeConfig{Width: first.Width, Height: first.Height, Mode: "pad", Background: "#000000"}
	if in.Video.Width == first.Width && in.Video.Height == first.Height {
		c.Mode = "stretch"
	}
	_, _, filters := c.filters(in)
	return chain(filters, "setsar=1")
}
