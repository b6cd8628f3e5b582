package executor_test

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func TestBlendModes(t *testing.T) {
	t.Parallel()
	first := et.File(t, blocks(t, "first.png", "16x8", "#404040", "#404040"))
	second := et.File(t, blocks(t, "second.png", "32x8", "#c0c0c0", "#c0c0c0"))
	// By the definitions of W3C Compositing and Blending Level 1, section 9,
	// with 64 below 192; soft light has several, ffmpeg's gives 86.
	for mode, want := range map[string]byte{
		"normal": 192, "multiply": 48, "screen": 208, "overlay": 96, "darken": 64, "lighten": 192,
		"addition": 255, "difference": 128, "hardlight": 160, "softlight": 86,
	} {
		for opacity, seen := range map[float64]byte{1: want, 0: 64, 0.5: byte((64 + int(want)) / 2)} {
			got := et.Run(t, executor.NewBlend(), config{"mode": mode, "opacity": opacity}, first, second)
			p := et.Frame(t, got.Path, 0)
			if pixel := p.At(8, 4); p.Width != 16 || !et.Near(pixel, [4]byte{seen, seen, seen, 255}, 2) {
				t.Errorf("%s at %v: %v, want %d", mode, opacity, pixel, seen)
			}
		}
	}
}

func TestBlendInTime(t *testing.T) {
	t.Parallel()
	long := et.File(t, et.Media(t, et.Clip{Size: "64x36", FPS: "25", Seconds: 1, Rate: 44100}))
	short := et.File(t, et.Media(t, et.Clip{Size: "32x32", FPS: "50", Seconds: 0.4}))
	got := et.Run(t, executor.NewBlend(), config{"mode": "difference", "opacity": 1}, long, short)
	alone := et.FrameHashes(t, et.Run(t, executor.NewBlend(), config{"opacity": 0}, long, short).Path)
	for n, hash := range et.FrameHashes(t, got.Path) {
		if mixed := hash != alone[n]; mixed != (n < 10) {
			t.Errorf("frame %d is mixed: %v; want the first ten", n, mixed)
		}
	}
	if v, a := got.Facts.Video, got.Facts.Audio; v.Frames != 25 || a == nil || a.Samples != 48000 {
		t.Errorf("got %+v and %+v, want 25 frames and 48000 samples", v, a)
	}
	image := et.File(t, et.Image(t, "image.png", "64x36", 9))
	still := et.FrameHashes(t, et.Run(t, executor.NewBlend(), nil, long, image).Path)
	for n := range still {
		if still[n] == alone[n] {
			t.Errorf("the image is not mixed into frame %d", n)
		}
	}
	if _, err := et.Try(t, executor.NewBlend(), nil, image, long); err == nil || !strings.Contains(err.Error(), "exchange them") {
		t.Errorf("a film on an image: %v", err)
	}
}
