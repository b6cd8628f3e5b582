package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/effects"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func shippedEffects(t *testing.T) []effects.Effect {
	t.Helper()
	list, err := effects.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Every shipped effect changes what it says and keeps frames, size and length.
func TestEveryShippedEffect(t *testing.T) {
	t.Parallel()
	list := shippedEffects(t)
	source := et.Media(t, et.Clip{Size: "98x54", FPS: "25", Seconds: 0.48, Rate: 48000,
		Options: []string{"-c:v", "ffv1", "-level", "3", "-pix_fmt", "yuv420p", "-c:a", "pcm_s24le"}})
	frames, sound := et.FrameHashes(t, source), et.AudioSamples(t, source)
	image := et.Image(t, "image.png", "98x54", 3)
	for _, e := range list {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewEffect(list), config{"effect": e.Name}, et.File(t, source))
			hashes := et.FrameHashes(t, got.Path)
			if len(hashes) != len(frames) {
				t.Errorf("%d frames, want %d", len(hashes), len(frames))
			}
			if changed := !slices.Equal(hashes, frames); changed != (e.Video != "") {
				t.Errorf("the picture is changed: %v", changed)
			}
			samples := et.AudioSamples(t, got.Path)
			if len(samples) != len(sound) {
				t.Errorf("%d samples, want %d", len(samples), len(sound))
			}
			if changed := !slices.Equal(samples, sound); changed != (e.Audio != "") {
				t.Errorf("the sound is changed: %v", changed)
			}
			if e.Video != "" {
				if got := et.Run(t, executor.NewEffect(list), config{"effect": e.Name}, et.File(t, image)); got.Facts.Kind != dag.Image {
					t.Errorf("an image became %s", got.Facts.Kind)
				}
			}
		})
	}
}

func TestEffectDoesWhatItSays(t *testing.T) {
	t.Parallel()
	list := shippedEffects(t)
	clip := et.File(t, blocks(t, "clip.mkv", "80x40", "red", "#102030", "-c:v", "ffv1", "-level", "3", "-pix_fmt", "yuv444p"))
	for name, test := range map[string]struct {
		config config
		frame  int
		x, y   int
		want   [4]byte
	}{
		"grayscale":     {config{"effect": "grayscale"}, 0, 5, 5, [4]byte{76, 76, 76, 255}},
		"negative":      {config{"effect": "negative"}, 0, 5, 5, [4]byte{0, 255, 255, 255}},
		"mirror":        {config{"effect": "mirror"}, 0, 75, 5, [4]byte{255, 0, 0, 255}},
		"letterbox":     {config{"effect": "letterbox", "params": config{"ratio": 4, "color": "blue"}}, 3, 5, 5, [4]byte{0, 0, 255, 255}},
		"letterbox not": {config{"effect": "letterbox", "params": config{"ratio": 1}}, 3, 5, 5, [4]byte{255, 0, 0, 255}},
		"posterize":     {config{"effect": "posterize", "params": config{"levels": 2}}, 0, 75, 5, [4]byte{0, 0, 0, 255}},
		"fade in":       {config{"effect": "fade_in_out", "params": config{"in": 0.2, "out": 0.2, "color": "white"}}, 0, 5, 5, [4]byte{255, 255, 255, 255}},
		"no fade":       {config{"effect": "fade_in_out", "params": config{"in": 0, "out": 0}}, 0, 5, 5, [4]byte{255, 0, 0, 255}},
		"fade out":      {config{"effect": "fade_in_out", "params": config{"in": 0, "out": 0.2}}, 4, 5, 5, [4]byte{255, 0, 0, 255}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewEffect(list), test.config, clip)
			if pixel := et.Frame(t, got.Path, test.frame).At(test.x, test.y); !et.Near(pixel, test.want, 6) {
				t.Errorf("pixel %d,%d of frame %d is %v, want %v", test.x, test.y, test.frame, pixel, test.want)
			}
		})
	}
}

func TestEffectIdentityHoldsTheDefinition(t *testing.T) {
	t.Parallel()
	list := shippedEffects(t)
	normal := func(list []effects.Effect, c config) config {
		out, err := executor.NewEffect(list).Normalize(c)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	short := normal(list, config{"effect": "blur"})
	long := normal(list, config{"effect": "blur", "params": config{"radius": 4}})
	if a, b := short["params"].(config)["radius"], long["params"].(config)["radius"]; a != b {
		t.Errorf("the default radius is %v and %v", a, b)
	}
	edited := slices.Clone(list)
	at := slices.IndexFunc(edited, func(e effects.Effect) bool { return e.Name == "blur" })
	edited[at].Definition = dag.HashContent([]byte("edited"))
	if normal(edited, config{"effect": "blur"})["definition"] == short["definition"] {
		t.Error("an edited effect has the same config")
	}
	if _, err := executor.NewEffect(edited).Expect(short, []*dag.Facts{{Kind: dag.Image, Video: &dag.VideoFacts{Width: 2, Height: 2}}}); err == nil {
		t.Error("a step planned with another definition is accepted")
	}
}

func TestEffectRefuses(t *testing.T) {
	t.Parallel()
	list := shippedEffects(t)
	image := et.File(t, et.Image(t, "image.png", "64x36", 0))
	for name, test := range map[string]struct {
		config config
		want   string
	}{
		"unknown":       {config{"effect": "sepai", "params": config{"x": 1}}, "did you mean sepia?"},
		"unknown param": {config{"effect": "sepia", "params": config{"amuont": 1}}, "params.amuont: unknown key (did you mean amount?)"},
		"range":         {config{"effect": "sepia", "params": config{"amount": 2}}, "params.amount: want a number from 0 to 1, got 2"},
		"no sound":      {config{"effect": "echo"}, "the effect echo changes the sound, and the input has none"},
		"missing":       {nil, "effect is missing"},
	} {
		if _, err := et.Try(t, executor.NewEffect(list), test.config, image); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
