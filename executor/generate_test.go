package executor_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func TestGeneratePictures(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]config{
		"color": {"color": "teal", "fade_in": 0.2}, "testsrc": nil, "mandelbrot": {"zoom": 10}, "life": {"seed": 3, "fill": 0.5},
		"text": {"text": "It's 100%: 'A' \\ [b], c;\n\n%{localtime} gÅ", "position": "bottom left", "color": "navy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config{"kind": name, "size": "96x54", "fps": 25, "duration": 0.4}
			for k, v := range more {
				c[k] = v
			}
			got := et.Run(t, executor.NewGenerate(), c)
			if v := got.Facts.Video; v.Frames != 10 || v.Width != 96 || v.Height != 54 || v.PixFmt != "yuv420p" || got.Facts.Audio != nil {
				t.Errorf("got %+v", v)
			}
			frames := slices.Compact(et.FrameHashes(t, got.Path))
			if moving := name != "text"; moving != (len(frames) > 1) {
				t.Errorf("%d different frames", len(frames))
			}
			if name == "text" {
				blank := et.Run(t, executor.NewGenerate(), config{"size": "96x54", "fps": 25, "duration": 0.4, "color": "navy"})
				if slices.Equal(et.FrameHashes(t, blank.Path)[:1], frames[:1]) {
					t.Error("nothing is written")
				}
			}
		})
	}
}

func TestGenerateOddSizes(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"color", "testsrc", "mandelbrot", "life", "text"} {
		c := config{"kind": kind, "size": "33x21", "duration": 0.1}
		if kind == "text" {
			c["text"] = "odd"
		}
		got := et.Run(t, executor.NewGenerate(), c)
		if v := got.Facts.Video; v.Width != 33 || v.Height != 21 || v.PixFmt != "yuv420p" {
			t.Errorf("%s: got %+v", kind, v)
		}
	}
}

// Pictures of a few pixels, whose color is less than two samples wide or high, go
// through every step that writes an intermediate, and lose nothing on the way.
func TestTinyPictures(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"1x1", "1x9", "2x2", "3x3", "2x100", "100x3", "3x4", "4x4"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			made := et.Run(t, executor.NewGenerate(), config{"kind": "color", "color": "teal", "size": size, "duration": 0.4})
			if v := made.Facts.Video; fmt.Sprintf("%dx%d", v.Width, v.Height) != size || v.PixFmt != "yuv420p" || v.Frames != 10 {
				t.Fatalf("made %+v", v)
			}
			cut := et.Run(t, executor.NewSegment(), config{"offset": 0.12, "duration": 0.2}, executor.File{Path: made.Path, Facts: made.Facts})
			if want, got := et.FrameHashes(t, made.Path)[3:8], et.FrameHashes(t, cut.Path); !slices.Equal(want, got) {
				t.Errorf("cut to %v, want %v", got, want)
			}
			et.Run(t, executor.NewTransform(), config{"hue": 30}, executor.File{Path: cut.Path, Facts: cut.Facts})
			resized := et.Run(t, executor.NewResize(), config{"width": 3, "height": 3, "mode": "stretch"}, executor.File{Path: cut.Path, Facts: cut.Facts})
			if v := resized.Facts.Video; v.Width != 3 || v.Height != 3 {
				t.Errorf("resized to %+v", v)
			}
		})
	}
}

func TestGenerateToneIsThatPitch(t *testing.T) {
	t.Parallel()
	got := et.Run(t, executor.NewGenerate(), config{"kind": "tone", "duration": 0.1, "frequency": 1000, "volume": 0.25, "channels": 1})
	samples := et.AudioSamples(t, got.Path)
	if len(samples) != 4800 {
		t.Fatalf("%d samples, want 4800", len(samples))
	}
	for i, s := range samples {
		want := 0.25 * math.Sin(2*math.Pi*1000*float64(i)/48000) * math.MaxInt32
		if math.Abs(float64(s)-want) > 512 {
			t.Fatalf("sample %d is %d, want %.0f", i, s, want)
		}
	}
	silence := et.Run(t, executor.NewGenerate(), config{"kind": "silence", "duration": 0.1})
	if samples := et.AudioSamples(t, silence.Path); !slices.Equal(samples, make([]int32, 9600)) {
		t.Errorf("silence of %d samples is not silent", len(samples))
	}
}

func TestGenerateSeeds(t *testing.T) {
	t.Parallel()
	life := func(seed int) []string {
		got := et.Run(t, executor.NewGenerate(), config{"kind": "life", "size": "48x48", "fps": 5, "duration": 1, "seed": seed})
		return et.FrameHashes(t, got.Path)
	}
	if one := life(1); !slices.Equal(one, life(1)) || slices.Equal(one, life(2)) {
		t.Error("the same seed gave another picture, or another seed the same")
	}
}

func TestGenerateNormalize(t *testing.T) {
	t.Parallel()
	got, err := executor.NewGenerate().Normalize(config{"kind": "tone", "duration": 1, "seed": 5})
	if _, kept := got["size"]; err != nil || kept || got["seed"] != nil {
		t.Errorf("got %v, %v: keys of other kinds are kept", got, err)
	}
	for name, bad := range map[string]config{
		"other kind's key": {"kind": "color", "duration": 1, "frequency": 5},
		"no text":          {"kind": "text", "duration": 1},
		"no duration":      {"kind": "color"},
	} {
		if _, err := executor.NewGenerate().Normalize(bad); err == nil {
			t.Errorf("%s: %v is accepted", name, bad)
		}
	}
}
