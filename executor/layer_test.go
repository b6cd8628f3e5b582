package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func lossless(t *testing.T, size, left, right string) executor.File {
	t.Helper()
	return et.File(t, blocks(t, "clip.mkv", size, left, right, "-c:v", "ffv1", "-level", "3", "-pix_fmt", "yuv420p"))
}

func TestLayerPlacesInSpaceAndTime(t *testing.T) {
	t.Parallel()
	red, blue, green := [4]byte{255, 0, 0, 255}, [4]byte{0, 0, 255, 255}, [4]byte{0, 255, 0, 255}
	base := lossless(t, "80x40", "red", "blue")
	clip := lossless(t, "20x10", "lime", "lime")
	image := et.File(t, blocks(t, "image.png", "20x10", "lime", "lime@0"))
	type probe struct {
		frame, x, y int
		want        [4]byte
	}
	for name, test := range map[string]struct {
		layer  config
		input  executor.File
		probes []probe
	}{
		"corner":       {config{"position": []any{4, 2}}, clip, []probe{{0, 1, 5, red}, {0, 6, 5, green}, {9, 21, 9, green}, {0, 27, 5, red}}},
		"odd":          {config{"position": []any{5, 3}}, clip, []probe{{0, 1, 5, red}, {0, 9, 7, green}, {0, 21, 9, green}, {0, 29, 5, red}}},
		"percent":      {config{"position": []any{"100%", "100%"}}, clip, []probe{{0, 79, 39, green}, {0, 55, 39, blue}, {0, 79, 25, blue}}},
		"outside":      {config{"position": []any{-10, -5}}, clip, []probe{{0, 4, 1, green}, {0, 14, 3, red}}},
		"scaled":       {config{"scale": 2}, clip, []probe{{0, 38, 18, green}, {0, 38, 22, red}}},
		"half":         {config{"opacity": 0.5}, clip, []probe{{0, 5, 5, [4]byte{128, 128, 0, 255}}}},
		"later":        {config{"start": 0.2}, clip, []probe{{4, 5, 5, red}, {5, 5, 5, green}, {9, 5, 5, green}}},
		"sooner":       {config{"end": 0.2}, clip, []probe{{4, 5, 5, green}, {5, 5, 5, red}}},
		"image":        {config{"start": 0.12, "end": 0.24}, image, []probe{{2, 5, 5, red}, {3, 5, 5, green}, {5, 5, 5, green}, {6, 5, 5, red}}},
		"image's hole": {nil, image, []probe{{0, 5, 5, green}, {9, 5, 5, green}, {9, 15, 5, red}}},
		"half image":   {config{"opacity": 0.5}, image, []probe{{9, 5, 5, [4]byte{128, 128, 0, 255}}, {9, 15, 5, red}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewLayer(), config{"layers": []any{config{}, test.layer}}, base, test.input)
			for _, p := range test.probes {
				if pixel := et.Frame(t, got.Path, p.frame).At(p.x, p.y); !et.Near(pixel, p.want, 6) {
					t.Errorf("pixel %d,%d of frame %d is %v, want %v", p.x, p.y, p.frame, pixel, p.want)
				}
			}
			if v := got.Facts.Video; v.Frames != 10 || v.Width != 80 || v.Height != 40 {
				t.Errorf("got %d frames of %dx%d, want 10 of 80x40", v.Frames, v.Width, v.Height)
			}
		})
	}
}

func TestLayerEndsWithTheLayersLastFrame(t *testing.T) {
	t.Parallel()
	base := et.Media(t, et.Clip{Size: "64x36", FPS: "25", Seconds: 2, Options: []string{"-c:v", "ffv1", "-level", "3"}})
	short := et.Media(t, et.Clip{Size: "16x16", FPS: "30000/1001", Seconds: 0.5})
	got := et.Run(t, executor.NewLayer(), config{"layers": []any{config{}, config{"start": 0.4}}}, et.File(t, base), et.File(t, short))
	alone, layered := et.FrameHashes(t, base), et.FrameHashes(t, got.Path)
	for n := range alone {
		if covered := alone[n] != layered[n]; covered != (n >= 10 && n < 23) {
			t.Errorf("frame %d is covered: %v; want frames 10 to 22", n, covered)
		}
	}
}

func TestLayerSound(t *testing.T) {
	t.Parallel()
	silent := et.File(t, et.Media(t, et.Clip{Size: "64x36", FPS: "25", Seconds: 1}))
	loud := et.Media(t, et.Clip{Size: "16x16", FPS: "25", Seconds: 0.4, Rate: 48000})
	got := et.Run(t, executor.NewLayer(), config{"layers": []any{config{}, config{"start": 0.2}}, "audio": 1}, silent, et.File(t, loud))
	sound, want := et.AudioSamples(t, got.Path), et.AudioSamples(t, loud)
	at := 2 * 9600
	if len(sound) != 2*48000 || !slices.Equal(sound[at:at+len(want)], want) {
		t.Errorf("%d samples; those of the layer are not at 0.2 s", len(sound))
	}
	rest := slices.Concat(sound[:at], sound[at+len(want):])
	if slices.Max(rest) != 0 || slices.Min(rest) != 0 {
		t.Error("there is sound before or after the layer")
	}
	if got := et.Run(t, executor.NewLayer(), nil, silent, et.File(t, loud)); got.Facts.Audio != nil {
		t.Error("the base is silent, the result is not")
	}
}

// A contact sheet: more images than one call opens, on a plain image.
func TestLayerContactSheet(t *testing.T) {
	t.Parallel()
	base := et.File(t, blocks(t, "base.png", "70x40", "red", "red"))
	list := executor.File{}
	var layers []any
	for i := range 28 {
		color := []string{"lime", "blue"}[i%2]
		list.Members = append(list.Members, et.File(t, blocks(t, "cell.png", "8x8", color, color)))
	}
	layers = append(layers, config{})
	for i := range 28 {
		layers = append(layers, config{"position": []any{1 + 10*(i%7), 1 + 10*(i/7)}})
	}
	got := et.Run(t, executor.NewLayer(), config{"layers": layers}, base, list)
	if got.Facts.Kind != dag.Image || got.MediaType != "image/png" {
		t.Fatalf("the sheet is %s, %s", got.Facts.Kind, got.MediaType)
	}
	sheet := et.Frame(t, got.Path, 0)
	for i := range 28 {
		want := [][4]byte{{0, 255, 0, 255}, {0, 0, 255, 255}}[i%2]
		x, y := 10*(i%7), 10*(i/7)
		if pixel := sheet.At(x+1, y+1); !et.Near(pixel, want, 1) {
			t.Errorf("cell %d is %v, want %v", i, pixel, want)
		}
		if pixel := sheet.At(x, y); !et.Near(pixel, [4]byte{255, 0, 0, 255}, 1) {
			t.Errorf("beside cell %d is %v, want red", i, pixel)
		}
	}
}

func TestLayerRefuses(t *testing.T) {
	t.Parallel()
	clip := lossless(t, "20x10", "lime", "lime")
	image := et.File(t, et.Image(t, "image.png", "64x36", 0))
	layer := func(settings ...any) config { return config{"layers": settings} }
	for name, test := range map[string]struct {
		config config
		inputs []executor.File
		want   string
	}{
		"moving on still": {nil, []executor.File{image, clip}, "the base is an image"},
		"base settings":   {layer(config{"opacity": 0.5}), []executor.File{clip, clip}, "layers.0 is the base"},
		"too many":        {layer(config{}, config{}, config{"opacity": 0.5}), []executor.File{clip, clip}, "settings for 3 inputs, there are 2"},
		"after the end":   {layer(config{}, config{"start": 5}), []executor.File{clip, clip}, "layers.1: it starts at 5.000 s, the base ends at 0.400 s"},
		"end first":       {layer(config{}, config{"start": 0.2, "end": 0.1}), []executor.File{clip, clip}, "layers.1: it ends at 0.100 s"},
		"no such input":   {config{"audio": 2}, []executor.File{clip, clip}, "audio: input 2 does not exist"},
		"no sound":        {config{"audio": 1}, []executor.File{clip, clip}, "audio: input 1 has no sound"},
		"position":        {layer(config{}, config{"position": []any{1}}), []executor.File{clip, clip}, "position"},
	} {
		if _, err := et.Try(t, executor.NewLayer(), test.config, test.inputs...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func TestLayerDefaultsHaveOneIdentity(t *testing.T) {
	t.Parallel()
	out, err := executor.NewLayer().Normalize(config{"layers": []any{config{}, config{"opacity": 1}}})
	if err != nil || len(out["layers"].([]any)) != 0 {
		t.Errorf("settings that are all defaults become %v, %v", out, err)
	}
}
