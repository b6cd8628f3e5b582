package executor

import (
	"context"
	"fmt"
	"math"

	"github.com/artdag/artdag/dag"
)

// Transform changes a picture's geometry, colors, sharpness and speed. What is
// neutral is left out and costs nothing. The order is always
//
//	crop, flip, rotate, saturation contrast brightness gamma, hue,
//	blur, sharpen, speed
//
// Quarter turns are exact; other angles give the smallest even size that holds
// the turned picture, black around it. Speed changes picture and sound alike
// and keeps the pitch: n frames become round(n/speed), at the same frame rate;
// frame k shows what was seen at frame k*speed.
// The color keys and hue work with 8 bits, and leave an image's alpha alone.
type Transform struct{ Declared }

var _ Executor = Transform{}

// NewTransform returns the type.
func NewTransform() Transform {
	side := func(name string, min float64) Key {
		return Key{Name: name, Type: Integer, Unit: "px", Min: Bound(min), Max: Bound(32768), Required: true, Doc: name + " of what is kept"}
	}
	return Transform{Declare(Spec{
		Name: "TRANSFORM", Version: 1,
		Doc:   "Changes the geometry, colors, sharpness and speed of a picture, and the speed of its sound.",
		Arity: dag.Arity{Slots: []dag.Slot{pictureSlot("input", "what is changed")}},
		Keys: []Key{
			{Name: "saturation", Type: Number, Default: 1.0, Min: Bound(0), Max: Bound(3), Doc: "strength of the colors; 0 is gray"},
			{Name: "contrast", Type: Number, Default: 1.0, Min: Bound(0), Max: Bound(10), Doc: "contrast; 0 is none at all"},
			{Name: "brightness", Type: Number, Default: 0.0, Min: Bound(-1), Max: Bound(1), Doc: "light added to every pixel, or taken from it; colors stay"},
			{Name: "gamma", Type: Number, Default: 1.0, Min: Bound(0.1), Max: Bound(10), Doc: "above 1 lightens what is between black and white"},
			{Name: "hue", Type: Number, Unit: "degrees", Default: 0.0, Min: Bound(-360), Max: Bound(360), Doc: "turn of the color wheel"},
			{Name: "blur", Type: Integer, Unit: "px", Default: 0.0, Min: Bound(0), Max: Bound(500), Doc: "how far each pixel spreads"},
			{Name: "sharpen", Type: Number, Default: 0.0, Min: Bound(0), Max: Bound(5), Doc: "how much contrast edges gain"},
			{Name: "speed", Type: Number, Default: 1.0, Min: Bound(0.01), Max: Bound(100), Doc: "2 is twice as fast"},
			{Name: "rotate", Type: Number, Unit: "degrees", Default: 0.0, Min: Bound(-360), Max: Bound(360), Doc: "turn, clockwise"},
			{Name: "flip", Type: Choice, Choices: []string{"none", "horizontal", "vertical", "both"}, Default: "none", Doc: "mirror left and right, or top and bottom"},
			{Name: "crop", Type: Object, Doc: "the part of the picture that is kept; absent: all", Keys: []Key{
				{Name: "x", Type: Integer, Unit: "px", Default: 0.0, Min: Bound(0), Max: Bound(32768), Doc: "its left edge"},
				{Name: "y", Type: Integer, Unit: "px", Default: 0.0, Min: Bound(0), Max: Bound(32768), Doc: "its top edge"},
				side("width", 1), side("height", 1),
			}},
		},
		Example: "{saturation: 1.2, contrast: 1.1, rotate: 90}",
	})}
}

// Output is a picture as the input is.
func (t Transform) Output(_ map[string]any, inputs []dag.Kind) dag.Kind { return pictureKind(inputs) }

type transformConfig struct {
	Saturation, Contrast, Brightness, Gamma, Hue float64
	Blur                                         int
	Sharpen, Speed, Rotate                       float64
	Flip                                         string
	Crop                                         *struct{ X, Y, Width, Height int }
}

// Expect gives the exact size and number of frames, and refuses a crop that
// reaches outside the picture and another speed for an image.
func (t Transform) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	f, err := t.plan(config, File{Facts: inputs[0]})
	return dag.Expectation{Facts: f.out, Slots: 1, Cost: 2 * intermediateCost(f.out)}, err
}

// Execute transforms.
func (t Transform) Execute(ctx context.Context, req Request) (Result, error) {
	f, err := t.plan(req.Config, req.Inputs[0])
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	return f.run(ctx, req)
}

func (t Transform) plan(config map[string]any, in File) (filtering, error) {
	c, err := Decode[transformConfig](config)
	if err != nil {
		return filtering{}, err
	}
	if err := checkPicture(in.Facts, "the input"); err != nil {
		return filtering{}, err
	}
	f := filtering{in: in, out: pictureFacts(in.Facts)}
	v := f.out.Video
	if err := c.checkCrop(v.Width, v.Height); err != nil {
		return filtering{}, err
	}
	var geometry string
	geometry, v.Width, v.Height = c.geometry(in.Facts)
	f.picture = chain(geometry, keepingAlpha(in.Facts, c.colors()), c.blurring(), keepingAlpha(in.Facts, c.sharpening()))
	return f, c.respeed(&f)
}

func (c transformConfig) checkCrop(width, height int) error {
	if p := c.Crop; p != nil && (p.X+p.Width > width || p.Y+p.Height > height) {
		return fmt.Errorf("the crop of %dx%d at %d,%d reaches outside the picture of %dx%d", p.Width, p.Height, p.X, p.Y, width, height)
	}
	return nil
}

// geometry returns the filters up to rotate and the size that they give.
func (c transformConfig) geometry(in *dag.Facts) (filters string, width, height int) {
	width, height = in.Video.Width, in.Video.Height
	if p := c.Crop; p != nil {
		width, height = p.Width, p.Height
		filters = chain(singlePixels(in, p.X, p.Y, p.Width, p.Height),
			fmt.Sprintf("crop=%d:%d:%d:%d:exact=1", p.Width, p.Height, p.X, p.Y))
	}
	flip := map[string]string{"horizontal": "hflip", "vertical": "vflip", "both": "hflip,vflip"}[c.Flip]
	turn, width, height := rotation(in, c.Rotate, width, height)
	return chain(filters, flip, turn), width, height
}

// singlePixels gives each pixel its own color where one of the numbers is odd
// and pixels share colors, because filters round such numbers.
func singlePixels(in *dag.Facts, numbers ...int) string {
	full, odd := unsubsampled(storedFormat(in)), false
	if storedFormat(in) == "" {
		full = "yuv444p"
	}
	for _, n := range numbers {
		odd = odd || n%2 != 0
	}
	if full == "" || !odd {
		return ""
	}
	return "format=" + full
}

// rotation returns the filters of a turn, clockwise, and the size it gives.
func rotation(in *dag.Facts, degrees float64, w, h int) (filters string, width, height int) {
	switch math.Mod(degrees+720, 360) {
	case 0:
		return "", w, h
	case 90:
		return "transpose=clock", h, w
	case 180:
		return "hflip,vflip", w, h
	case 270:
		return "transpose=cclock", h, w
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	even := func(side float64) int { return 2 * int(math.Ceil(side/2-1e-9)) }
	width = even(math.Abs(float64(w)*cos) + math.Abs(float64(h)*sin))
	height = even(math.Abs(float64(w)*sin) + math.Abs(float64(h)*cos))
	fill := "black"
	if in.Kind == dag.Image && hasAlpha(in) {
		fill = "black@0"
	}
	// Twelve digits: the same text on every machine, whatever its last bit.
	return fmt.Sprintf("rotate=angle=%.12f:out_w=%d:out_h=%d:fillcolor=%s", degrees*math.Pi/180, width, height, fill), width, height
}

func (c transformConfig) colors() string {
	eq, hue := "", ""
	if c.Saturation != 1 || c.Contrast != 1 || c.Brightness != 0 || c.Gamma != 1 {
		eq = fmt.Sprintf("eq=saturation=%s:contrast=%s:brightness=%s:gamma=%s", plain(c.Saturation), plain(c.Contrast), plain(c.Brightness), plain(c.Gamma))
	}
	if math.Mod(c.Hue, 360) != 0 {
		hue = "hue=h=" + plain(c.Hue)
	}
	return chain(eq, hue)
}

// blurring is two box blurs, which come close to a Gaussian one; gblur itself
// gives other bytes on other CPUs.
func (c transformConfig) blurring() string {
	if c.Blur == 0 {
		return ""
	}
	luma := fmt.Sprintf("'max(0,min(%d,floor(min(w,h)/2)-1))':2", c.Blur)
	chroma := fmt.Sprintf("'max(0,min(floor(%d*cw/w),floor(min(cw,ch)/2)-1))':2", c.Blur)
	return "boxblur=" + luma + ":" + chroma + ":" + luma
}

func (c transformConfig) sharpening() string {
	if c.Sharpen == 0 {
		return ""
	}
	return "unsharp=luma_msize_x=5:luma_msize_y=5:luma_amount=" + plain(c.Sharpen)
}

// respeed changes the number of frames, and of samples with them.
func (c transformConfig) respeed(f *filtering) error {
	if c.Speed == 1 {
		return nil
	}
	if f.out.Kind == dag.Image {
		return fmt.Errorf("the input is an image, which has no speed")
	}
	v := f.out.Video
	v.Frames = max(1, int64(math.Round(float64(v.Frames)/c.Speed)))
	f.out.Duration = v.FPS.Seconds(v.Frames)
	if f.out.Audio != nil {
		f.out.Audio.Samples = sampleAt(v.FPS, v.Frames)
	}
	// Frame n shows the last frame that has started at n*speed: rounding up puts
	// each at the first frame at or after its start, two microseconds early
	// because times round. The last is held for as long as it lasts.
	held := int64(math.Ceil(1/c.Speed)) + 1
	f.picture = chain(f.picture, fmt.Sprintf(
		"settb=AVTB,setpts=N*%d/(%d*%s)/TB-2,fps=%s:start_time=0:round=up,tpad=stop_mode=clone:stop=%d,trim=end_frame=%d",
		v.FPS.Den, v.FPS.Num, plain(c.Speed), v.FPS, held, v.Frames))
	f.sound = tempo(c.Speed)
	return nil
}

// tempo changes speed in steps from 0.5 to 2: beyond them atempo leaves out
// samples or does nothing.
func tempo(speed float64) string {
	var filters []string
	for ; speed > 2; speed /= 2 {
		filters = append(filters, "atempo=2")
	}
	for ; speed < 0.5; speed *= 2 {
		filters = append(filters, "atempo=0.5")
	}
	return chain(append(filters, "atempo="+plain(speed))...)
}

// keepingAlpha applies filters that know no alpha to the colors of a picture
// that has some, and puts its alpha back.
func keepingAlpha(in *dag.Facts, filters string) string {
	if filters == "" || !hasAlpha(in) {
		return filters
	}
	format := ""
	if in.Kind == dag.Video {
		// alphaextract takes formats without alpha too, and then fails.
		format = stored(in)
	}
	return chain(format, "split[its_color][its_mask];[its_mask]alphaextract[its_alpha];[its_color]"+filters+"[its_opaque];[its_opaque][its_alpha]alphamerge")
}
