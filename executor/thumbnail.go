package executor

import (
	"context"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Thumbnail makes one small image of a film, or of an image.
type Thumbnail struct{ Declared }

var _ Executor = Thumbnail{}

// NewThumbnail returns the type.
func NewThumbnail() Thumbnail {
	return Thumbnail{Declare(Spec{
		Name: "THUMBNAIL", Version: 1,
		Doc:   "Makes one small image of a film.",
		Arity: dag.Arity{Slots: []dag.Slot{pictureSlot("input", "the film, or an image")}},
		Keys: []Key{
			{Name: "at", Type: Percent, Also: []KeyType{Number}, Min: Bound(0), Default: "10%", Doc: "where: a percentage of the length, or seconds"},
			{Name: "width", Type: Integer, Unit: "px", Default: 480.0, Min: Bound(1), Max: Bound(32768), Doc: "width of the image; its height follows"},
			{Name: "format", Type: Choice, Choices: []string{"jpg", "png"}, Default: "jpg", Doc: "jpg is small; png loses nothing and keeps alpha"},
		},
		Example: "{at: 10%, width: 480}",
	})}
}

// Output is an image.
func (t Thumbnail) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Image }

type thumbnailConfig struct {
	At     any
	Width  int
	Format string
}

// Expect gives the size, and refuses a time past the end.
func (t Thumbnail) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 0.1}, nil
	}
	c, _, err := t.plan(config, inputs[0])
	if err != nil {
		return dag.Expectation{}, err
	}
	v := inputs[0].Video
	height := scaled(v.Height, float64(c.Width)/float64(v.Width))
	return dag.Expectation{Facts: imageFacts(c.Width, height, imageFormat(c.Format)), Slots: 1, Cost: 0.1}, nil
}

// plan returns the frame that is shown.
func (t Thumbnail) plan(config map[string]any, in *dag.Facts) (thumbnailConfig, int64, error) {
	c, err := Decode[thumbnailConfig](config)
	if err != nil {
		return c, 0, err
	}
	if err := checkPicture(in, "the input"); err != nil || in.Kind == dag.Image {
		return c, 0, err
	}
	if seconds, ok := c.At.(float64); ok {
		n, err := frameAt(in, seconds)
		return c, n, err
	}
	text, _ := c.At.(string)
	percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	n := int64(math.Floor(percent / 100 * float64(pictures(in))))
	return c, min(n, pictures(in)-1), err
}

// Execute makes the image.
func (t Thumbnail) Execute(ctx context.Context, req Request) (Result, error) {
	in := req.Inputs[0]
	c, n, err := t.plan(req.Config, in.Facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	path := filepath.Join(req.Scratch, "output."+c.Format)
	return Result{Path: path}, writeFrame(ctx, req, in, n, c.Width, path)
}
