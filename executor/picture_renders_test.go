package executor_test

import (
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

// pictureRenders are the lines of the determinism table for the types that
// change pictures and mix sound, and for every shipped effect.
func pictureRenders(t *testing.T, clip, source executor.File) []render {
	image := et.File(t, et.Image(t, "image.png", "98x54", 3))
	files := func(f ...executor.File) []executor.File { return f }
	out := []render{
		{"RESIZE", executor.NewResize(), config{"width": 61, "height": 99, "mode": "pad"}, files(clip)},
		{"RESIZE larger", executor.NewResize(), config{"width": 250, "height": 222, "mode": "fill"}, files(source)},
		{"RESIZE of an image", executor.NewResize(), config{"width": 50}, files(image)},
		{"TRANSFORM geometry", executor.NewTransform(), config{"rotate": 33, "flip": "both", "crop": config{"x": 3, "y": 5, "width": 41, "height": 33}}, files(clip)},
		{"TRANSFORM colors", executor.NewTransform(), config{"saturation": 1.4, "contrast": 1.2, "brightness": 0.1, "gamma": 1.3, "hue": 40}, files(clip)},
		{"TRANSFORM focus", executor.NewTransform(), config{"blur": 3, "sharpen": 1.5}, files(clip)},
		{"TRANSFORM speed", executor.NewTransform(), config{"speed": 1.7}, files(source)},
		{"TRANSFORM of an image", executor.NewTransform(), config{"rotate": 20, "gamma": 1.3, "sharpen": 1}, files(image)},
		{"LAYER", executor.NewLayer(), config{"audio": 1, "layers": []any{config{}, config{"position": []any{3, 5}, "opacity": 0.6, "scale": 0.7, "start": 0.1}, config{"position": []any{"50%", "50%"}, "opacity": 0.5}}}, files(clip, source, image)},
		{"LAYER of images", executor.NewLayer(), config{"layers": []any{config{}, config{"position": []any{"50%", "50%"}, "scale": 0.4, "opacity": 0.5}}}, files(image, image)},
		{"AUDIO_MIX", executor.NewAudioMix(), config{"gains": []any{0.7123, 0.4531}}, files(clip, source)},
		{"FRAMES at", executor.NewFrames(), config{"at": []any{0.2, 1.5}}, files(source)},
		{"FRAMES rate jpg", executor.NewFrames(), config{"rate": 5, "format": "jpg"}, files(clip)},
		{"ASSEMBLE", executor.NewAssemble(), nil, files(image, image)},
		{"THUMBNAIL", executor.NewThumbnail(), config{"width": 77}, files(source)},
		{"THUMBNAIL png", executor.NewThumbnail(), config{"width": 200, "format": "png"}, files(image)},
	}
	for _, mode := range []string{"normal", "multiply", "screen", "overlay", "darken", "lighten", "addition", "difference", "hardlight", "softlight"} {
		out = append(out, render{"BLEND " + mode, executor.NewBlend(), config{"mode": mode, "opacity": 0.7}, files(clip, image)})
	}
	list := shippedEffects(t)
	for _, e := range list {
		out = append(out, render{"EFFECT " + e.Name, executor.NewEffect(list), config{"effect": e.Name}, files(clip)})
	}
	return out
}
