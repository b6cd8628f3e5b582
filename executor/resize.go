package executor

import (
	"context"
	"fmt"
	"math"

	"github.com/artdag/artdag/dag"
)

// Resize brings a picture to another size with square pixels. With one of
// width and height the other follows from the picture's own shape. With both,
//
//	fit      the largest of its own shape that fits in: one side may be smaller
//	fill     covers all of it; what sticks out is cut off evenly
//	stretch  exactly that, whatever the shape
//	pad      fit, and the rest is background
type Resize struct{ Declared }

var _ Executor = Resize{}

// NewResize returns the type.
func NewResize() Resize {
	side := func(name string) Key {
		return Key{Name: name, Type: Integer, Unit: "px", Min: Bound(1), Max: Bound(32768), Doc: name + " of the result; absent: from the other side"}
	}
	return Resize{Declare(Spec{
		Name: "RESIZE", Version: 1,
		Doc:   "Brings a picture, or an image, to another size.",
		Arity: dag.Arity{Slots: []dag.Slot{pictureSlot("input", "what is resized")}},
		Keys: []Key{
			side("width"), side("height"),
			{Name: "mode", Type: Choice, Choices: []string{"fit", "fill", "stretch", "pad"}, Default: "fit",
				Doc: "fit inside, fill and cut off, stretch, or fit and pad with background"},
			{Name: "background", Type: Color, Default: "#000000", Doc: "what pad fills with"},
		},
		Example: "{width: 1280, height: 720, mode: pad}",
	})}
}

func pictureSlot(name, doc string) dag.Slot {
	return dag.Slot{Name: name, Doc: doc, Kinds: []dag.Kind{dag.Video, dag.Image}}
}

// Normalize wants at least one side.
func (r Resize) Normalize(config map[string]any) (map[string]any, error) {
	out, err := r.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	if out["width"] == nil && out["height"] == nil {
		return nil, dag.ConfigErrors{{Message: "width, height or both are missing"}}
	}
	return out, nil
}

// Output is a picture as the input is.
func (r Resize) Output(_ map[string]any, inputs []dag.Kind) dag.Kind { return pictureKind(inputs) }

type resizeConfig struct {
	Width, Height int
	Mode          string
	Background    string
}

// Expect gives the exact size.
func (r Resize) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	facts, _, err := r.plan(config, inputs[0])
	return dag.Expectation{Facts: facts, Slots: 1, Cost: intermediateCost(facts)}, err
}

// Execute resizes.
func (r Resize) Execute(ctx context.Context, req Request) (Result, error) {
	out, filters, err := r.plan(req.Config, req.Inputs[0].Facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	return filtering{in: req.Inputs[0], out: out, picture: filters}.run(ctx, req)
}

func (r Resize) plan(config map[string]any, in *dag.Facts) (*dag.Facts, string, error) {
	c, err := Decode[resizeConfig](config)
	if err != nil {
		return nil, "", err
	}
	if err := checkPicture(in, "the input"); err != nil {
		return nil, "", err
	}
	out := pictureFacts(in)
	c.complete(in.Video.Width, in.Video.Height)
	width, height, filters := c.filters(in)
	out.Video.Width, out.Video.Height = width, height
	return out, filters, nil
}

// complete computes the side that is not given; then all modes are one.
func (c *resizeConfig) complete(width, height int) {
	if c.Width == 0 {
		c.Width, c.Mode = scaled(width, float64(c.Height)/float64(height)), "stretch"
	}
	if c.Height == 0 {
		c.Height, c.Mode = scaled(height, float64(c.Width)/float64(width)), "stretch"
	}
}

func scaled(side int, factor float64) int { return max(1, int(math.Round(float64(side)*factor))) }

func (c resizeConfig) filters(in *dag.Facts) (width, height int, filters string) {
	w, h := in.Video.Width, in.Video.Height
	byWidth, byHeight := float64(c.Width)/float64(w), float64(c.Height)/float64(h)
	inner, outer := min(byWidth, byHeight), max(byWidth, byHeight)
	scale := func(w, h int) string { return fmt.Sprintf("scale=%d:%d", w, h) }
	switch c.Mode {
	case "fit":
		w, h = min(c.Width, scaled(w, inner)), min(c.Height, scaled(h, inner))
		return w, h, scale(w, h)
	case "fill":
		w, h = max(c.Width, scaled(w, outer)), max(c.Height, scaled(h, outer))
		crop := fmt.Sprintf("crop=%d:%d:%d:%d:exact=1", c.Width, c.Height, (w-c.Width)/2, (h-c.Height)/2)
		return c.Width, c.Height, scale(w, h) + "," + crop
	case "pad":
		w, h = min(c.Width, scaled(w, inner)), min(c.Height, scaled(h, inner))
		return c.Width, c.Height, chain(scale(w, h), padded(in, w, h, c.Width, c.Height, c.Background))
	}
	return c.Width, c.Height, scale(c.Width, c.Height)
}

// padded puts a picture of w by h into the middle of a larger one.
func padded(in *dag.Facts, w, h, width, height int, background string) string {
	x, y := (width-w)/2, (height-h)/2
	return chain(singlePixels(in, x, y, w, h, width, height),
		fmt.Sprintf("pad=%d:%d:%d:%d:color=%s", width, height, x, y, filterColor(background)))
}
