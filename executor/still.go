package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// writeFrame writes frame n of a film, or an image, as an image file; width 0
// keeps the size. It seeks, and reads from the beginning only where decoding
// fails from there, as a cut does.
func writeFrame(ctx context.Context, req Request, in File, n int64, width int, path string) error {
	c := cut{in: in, from: n, length: 1, form: formOf(in.Facts)}
	seeks := in.Facts.Kind == dag.Video && c.seek() > 0
	return seeking(ctx, req, seeks, func(seek bool) error {
		b := cutBuilder{cut: c}
		if seek && seeks {
			b.seek = c.seek()
		}
		return writeFrameFrom(ctx, req, b, width, path)
	})
}

func writeFrameFrom(ctx context.Context, req Request, b cutBuilder, width int, path string) error {
	f := b.in.Facts
	format := strings.TrimPrefix(filepath.Ext(path), ".")
	input, frame, size := b.source(), strings.TrimSuffix(b.picture(0), "[v]"), ""
	if f.Kind == dag.Image {
		input, frame = openInput(b.in), pictureFrom(0, f)
	}
	if width > 0 {
		size = fmt.Sprintf("scale=%d:%d,setsar=1", width, scaled(f.Video.Height, float64(width)/float64(f.Video.Width)))
	}
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{input}, Dir: req.Scratch, Path: path,
		Graph: chain(frame, size, imageFilter(f, format)) + "[out_v]", Maps: []string{"[out_v]"},
		Output: imageOutput(format),
	}
	_, err := call.Run(ctx, req.Run, req.Log, func(float64) {})
	return err
}

// imageFilter brings a picture to the form of an image file.
func imageFilter(f *dag.Facts, format string) string {
	switch {
	case format == "jpg":
		return "format=yuvj444p"
	case hasAlpha(f):
		return "format=rgba"
	}
	return "format=rgb24"
}

func imageOutput(format string) []string {
	if format == "jpg" {
		return ffmpeg.JPEG()
	}
	return ffmpeg.PNG()
}
