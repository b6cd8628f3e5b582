package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func TestTransformNeutralLosesNothing(t *testing.T) {
	t.Parallel()
	source := et.Media(t, et.Clip{Size: "64x36", FPS: "24", Seconds: 0.5, Rate: 48000})
	got := et.Run(t, executor.NewTransform(), nil, et.File(t, source))
	if !slices.Equal(et.FrameHashes(t, source), et.FrameHashes(t, got.Path)) {
		t.Error("a transform without settings changes the picture")
	}
	if !slices.Equal(et.AudioSamples(t, source), et.AudioSamples(t, got.Path)) {
		t.Error("a transform without settings changes the sound")
	}
}

func TestTransformMovesPixels(t *testing.T) {
	t.Parallel()
	red, blue := [4]byte{255, 0, 0, 255}, [4]byte{0, 0, 255, 255}
	image := et.File(t, blocks(t, "image.png", "80x40", "red", "blue"))
	for name, test := range map[string]struct {
		config        config
		width, height int
		x, y          int
		want          [4]byte
	}{
		"rotate 90":       {config{"rotate": 90}, 40, 80, 20, 5, red},
		"rotate 180":      {config{"rotate": 180}, 80, 40, 5, 20, blue},
		"rotate 270":      {config{"rotate": 270}, 40, 80, 20, 5, blue},
		"rotate -90":      {config{"rotate": -90}, 40, 80, 20, 5, blue},
		"rotate 360":      {config{"rotate": 360}, 80, 40, 5, 20, red},
		"rotate 45":       {config{"rotate": 45}, 86, 86, 43 - 15, 43 - 15, red},
		"rotate 45 edges": {config{"rotate": 45}, 86, 86, 80, 5, [4]byte{}},
		"flip":            {config{"flip": "horizontal"}, 80, 40, 5, 20, blue},
		"crop":            {config{"crop": config{"x": 35, "y": 1, "width": 21, "height": 11}}, 21, 11, 15, 5, blue},
		"crop then turn":  {config{"crop": config{"x": 20, "width": 40, "height": 20}, "rotate": 90}, 20, 40, 10, 2, red},
		"gray":            {config{"saturation": 0}, 80, 40, 5, 20, [4]byte{76, 76, 76, 255}},
		"black":           {config{"brightness": -1, "saturation": 0}, 80, 40, 5, 20, [4]byte{0, 0, 0, 255}},
		"hue":             {config{"hue": 180}, 80, 40, 70, 20, [4]byte{58, 58, 0, 255}},
		"blur":            {config{"blur": 1000 / 2}, 80, 40, 40, 20, [4]byte{128, 0, 128, 255}},
		"speed 1":         {config{"speed": 1}, 80, 40, 5, 20, red},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewTransform(), test.config, image)
			p := et.Frame(t, got.Path, 0)
			if p.Width != test.width || p.Height != test.height {
				t.Fatalf("size %dx%d, want %dx%d", p.Width, p.Height, test.width, test.height)
			}
			if pixel := p.At(test.x, test.y); !et.Near(pixel, test.want, 8) {
				t.Errorf("pixel %d,%d is %v, want %v", test.x, test.y, pixel, test.want)
			}
		})
	}
}

func TestTransformKeepsAlpha(t *testing.T) {
	t.Parallel()
	image := et.File(t, blocks(t, "image.png", "80x40", "red@0", "blue"))
	got := et.Run(t, executor.NewTransform(), config{"saturation": 0.5, "sharpen": 1, "flip": "horizontal"}, image)
	p := et.Frame(t, got.Path, 0)
	if left, right := p.At(5, 20), p.At(75, 20); left[3] != 255 || right[3] != 0 {
		t.Errorf("alpha is %d and %d, want 255 and 0", left[3], right[3])
	}
}

// A track with alpha, as ASSEMBLE makes of rendered images, is not scaled
// between formats as an image is.
func TestTransformKeepsAlphaOfATrack(t *testing.T) {
	t.Parallel()
	image := et.File(t, blocks(t, "image.png", "80x40", "red@0", "blue"))
	track := et.FileOf(et.Run(t, executor.NewAssemble(), nil, image, image))
	got := et.Run(t, executor.NewTransform(), config{"saturation": 0.5, "sharpen": 1}, track)
	for n := range 2 {
		p := et.Frame(t, got.Path, n)
		if left, right := p.At(5, 20), p.At(75, 20); left[3] != 0 || right[3] != 255 {
			t.Errorf("frame %d: alpha is %d and %d, want 0 and 255", n, left[3], right[3])
		}
	}
}

func TestTransformSpeed(t *testing.T) {
	t.Parallel()
	source := et.Media(t, et.Clip{Size: "64x36", FPS: "30000/1001", Seconds: 2, Rate: 48000})
	before := et.FrameHashes(t, source)
	for speed, frames := range map[float64]int{2: 30, 0.5: 120, 3.7: 16, 0.3: 200, 10: 6} {
		got := et.Run(t, executor.NewTransform(), config{"speed": speed}, et.File(t, source))
		hashes := et.FrameHashes(t, got.Path)
		if len(hashes) != frames {
			t.Errorf("speed %v: %d frames, want %d", speed, len(hashes), frames)
		}
		for n, hash := range hashes {
			if at := int(float64(n)*speed + 1e-6); hash != before[min(at, len(before)-1)] {
				t.Errorf("speed %v: frame %d is not frame %d of the source", speed, n, at)
			}
		}
		seconds := float64(frames) * 1001 / 30000
		if samples := len(et.AudioSamples(t, got.Path)) / 2; float64(samples) < seconds*48000-1 || float64(samples) > seconds*48000+1 {
			t.Errorf("speed %v: %d samples, want %.0f", speed, samples, seconds*48000)
		}
	}
}

func TestTransformRefuses(t *testing.T) {
	t.Parallel()
	image := et.File(t, et.Image(t, "image.png", "64x36", 0))
	for name, test := range map[string]struct {
		config config
		want   string
	}{
		"crop outside":  {config{"crop": config{"x": 60, "width": 10, "height": 10}}, "the crop of 10x10 at 60,0 reaches outside the picture of 64x36"},
		"image's speed": {config{"speed": 2}, "an image, which has no speed"},
		"crop size":     {config{"crop": config{"x": 1}}, "crop: width is missing"},
	} {
		if _, err := et.Try(t, executor.NewTransform(), test.config, image); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
