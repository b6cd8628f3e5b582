package executor_test

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

// blocks makes a clip, or by its name an image, that is one color on the left
// and another on the right.
func blocks(t *testing.T, name, size, left, right string, options ...string) string {
	t.Helper()
	path := t.TempDir() + "/" + name
	half := func(color string) string {
		return "color=" + color + ":size=" + size + ":rate=25:duration=0.4,format=rgba,crop=iw/2:ih"
	}
	args := []string{"-f", "lavfi", "-i", half(left), "-f", "lavfi", "-i", half(right), "-filter_complex", "hstack", "-fflags", "+bitexact"}
	if len(options) == 0 && strings.HasSuffix(name, ".png") {
		options = []string{"-frames:v", "1", "-update", "1"}
	}
	et.FFmpeg(t, append(append(args, options...), path)...)
	return path
}

func clipAt(t *testing.T, size string) string {
	t.Helper()
	return et.Media(t, et.Clip{Size: size, FPS: "25", Seconds: 1, Rate: 44100, Options: h264(), Name: "clip.mp4"})
}

func TestResizeGivesTheSizeThatTheModeSays(t *testing.T) {
	t.Parallel()
	wide, tall := clipAt(t, "320x180"), clipAt(t, "90x160")
	image := et.Image(t, "picture.png", "124x78", 0)
	for name, test := range map[string]struct {
		path          string
		config        config
		width, height int
	}{
		"width":          {wide, config{"width": 160}, 160, 90},
		"height":         {wide, config{"height": 99}, 176, 99},
		"fit wide":       {wide, config{"width": 200, "height": 200}, 200, 113},
		"fit tall":       {tall, config{"width": 200, "height": 200}, 113, 200},
		"fill":           {wide, config{"width": 101, "height": 99, "mode": "fill"}, 101, 99},
		"fill tall":      {tall, config{"width": 320, "height": 180, "mode": "fill"}, 320, 180},
		"stretch":        {wide, config{"width": 33, "height": 200, "mode": "stretch"}, 33, 200},
		"pad":            {tall, config{"width": 320, "height": 180, "mode": "pad"}, 320, 180},
		"pad odd":        {wide, config{"width": 201, "height": 155, "mode": "pad", "background": "red"}, 201, 155},
		"image":          {image, config{"width": 60}, 60, 38},
		"image pad":      {image, config{"width": 61, "height": 99, "mode": "pad"}, 61, 99},
		"to almost none": {wide, config{"width": 4}, 4, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewResize(), test.config, et.File(t, test.path))
			if v := got.Facts.Video; v.Width != test.width || v.Height != test.height {
				t.Errorf("got %dx%d, want %dx%d", v.Width, v.Height, test.width, test.height)
			}
			if frames := len(et.FrameHashes(t, got.Path)); got.Facts.Kind == dag.Video && frames != 25 {
				t.Errorf("got %d frames, want 25", frames)
			}
			if a := got.Facts.Audio; got.Facts.Kind == dag.Video && (a == nil || a.Samples != 48000) {
				t.Errorf("got sound %+v, want 48000 samples", a)
			}
		})
	}
}

func TestResizePlacesThePicture(t *testing.T) {
	t.Parallel()
	red, blue, green, none := [4]byte{255, 0, 0, 255}, [4]byte{0, 0, 255, 255}, [4]byte{0, 128, 0, 255}, [4]byte{}
	clip := blocks(t, "clip.mkv", "80x40", "red", "blue", "-c:v", "ffv1", "-pix_fmt", "yuv420p")
	image := blocks(t, "image.png", "80x40", "red", "blue")
	type probe struct {
		x, y int
		want [4]byte
	}
	for name, test := range map[string]struct {
		path   string
		config config
		probes []probe
	}{
		"pad":         {clip, config{"width": 80, "height": 80, "mode": "pad", "background": "green"}, []probe{{5, 10, green}, {5, 75, green}, {10, 40, red}, {70, 40, blue}}},
		"pad sides":   {image, config{"width": 121, "height": 40, "mode": "pad", "background": "#00800000"}, []probe{{5, 10, [4]byte{0, 128, 0, 0}}, {30, 20, red}, {90, 20, blue}}},
		"fill":        {clip, config{"width": 40, "height": 40, "mode": "fill"}, []probe{{5, 20, red}, {35, 20, blue}}},
		"fit":         {clip, config{"width": 40, "height": 40}, []probe{{5, 10, red}, {35, 10, blue}}},
		"pad odd":     {clip, config{"width": 81, "height": 81, "mode": "pad", "background": "green"}, []probe{{5, 10, green}, {10, 40, red}, {70, 40, blue}}},
		"transparent": {blocks(t, "clear.png", "80x40", "red@0", "blue"), config{"width": 40, "height": 40, "mode": "pad", "background": "#00000000"}, []probe{{5, 5, none}, {35, 20, blue}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture := et.Frame(t, et.Run(t, executor.NewResize(), test.config, et.File(t, test.path)).Path, 0)
			for _, p := range test.probes {
				if got := picture.At(p.x, p.y); !et.Near(got, p.want, 3) {
					t.Errorf("pixel %d,%d is %v, want %v", p.x, p.y, got, p.want)
				}
			}
		})
	}
}

func TestResizeSameSizeLosesNothing(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"yuv420p", "yuv422p10le", "bgr0", "gray"} {
		source := et.Media(t, et.Clip{Size: "64x36", FPS: "30000/1001", Seconds: 1, Rate: 48000,
			Options: []string{"-c:v", "ffv1", "-pix_fmt", format, "-c:a", "pcm_s24le"}})
		got := et.Run(t, executor.NewResize(), config{"width": 64}, et.File(t, source))
		if a, b := et.FrameHashes(t, source), et.FrameHashes(t, got.Path); difference(a, b) != len(a) || len(a) != len(b) {
			t.Errorf("%s: %d frames became %d, first difference at %d", format, len(a), len(b), difference(a, b))
		}
		if a, b := et.AudioSamples(t, source), et.AudioSamples(t, got.Path); difference(a, b) < len(a)-1 {
			t.Errorf("%s: sound differs at sample %d of %d", format, difference(a, b), len(a))
		}
	}
}

func TestResizeRefuses(t *testing.T) {
	t.Parallel()
	sound := et.File(t, et.Media(t, et.Clip{Seconds: 0.2, Rate: 48000}))
	wide := et.File(t, clipAt(t, "320x180"))
	for name, test := range map[string]struct {
		config config
		input  executor.File
		want   string
	}{
		"no side":     {config{"mode": "fit"}, wide, "width, height or both are missing"},
		"no picture":  {config{"width": 100}, sound, "the input has no picture"},
		"zero":        {config{"width": 0}, wide, "width: want"},
		"unknown key": {config{"widht": 100}, wide, "did you mean width?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := et.Try(t, executor.NewResize(), test.config, test.input)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
