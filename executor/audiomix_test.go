package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

// level makes a sound that is one value, 0 to 1, all the time.
func level(t *testing.T, value, seconds float64, layout string) executor.File {
	t.Helper()
	path := t.TempDir() + "/level.mkv"
	expr := fmt.Sprint(value)
	if layout == "stereo" {
		expr += "|" + expr
	}
	et.FFmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc=%s:s=48000:d=%v", expr, seconds), "-c:a", "pcm_s24le", path)
	return et.File(t, path)
}

func TestAudioMixAdds(t *testing.T) {
	t.Parallel()
	a, b := level(t, 0.5, 0.1, "mono"), level(t, 0.25, 0.2, "mono")
	many := []executor.File{b}
	for range 60 {
		many = append(many, a)
	}
	for name, test := range map[string]struct {
		config      config
		inputs      []executor.File
		first, last float64
	}{
		"as they are": {config{"normalize": false}, []executor.File{a, b}, 0.75, 0.25},
		"normalized":  {nil, []executor.File{a, b}, 0.375, 0.125},
		"gains":       {config{"gains": []any{0.5, 2}, "normalize": false}, []executor.File{a, b}, 0.75, 0.5},
		"quiet gains": {config{"gains": []any{0.25, 0.5}}, []executor.File{a, b}, 0.25, 0.125},
		"clipping":    {config{"gains": []any{2}, "normalize": false}, []executor.File{a, b}, 1, 0.25},
		"many":        {nil, many, (60*0.5 + 0.25) / 61, 0.25 / 61},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewAudioMix(), test.config, test.inputs...)
			samples := et.AudioSamples(t, got.Path)
			if len(samples) != 9600 || got.Facts.Kind != dag.Audio {
				t.Fatalf("%d samples of %s, want 9600 of audio", len(samples), got.Facts.Kind)
			}
			for at, want := range map[int]float64{100: test.first, 9500: test.last} {
				if value := float64(samples[at]) / (1 << 31); value < want-1e-6 || value > want+1e-6 {
					t.Errorf("sample %d is %.7f, want %.7f", at, value, want)
				}
			}
		})
	}
}

func TestAudioMixTakesSoundOfFilms(t *testing.T) {
	t.Parallel()
	film := et.File(t, et.Media(t, et.Clip{Size: "64x36", FPS: "25", Seconds: 1, Rate: 44100, Options: h264(), Name: "film.mp4"}))
	got := et.Run(t, executor.NewAudioMix(), nil, level(t, 0.1, 0.3, "mono"), film)
	if a := got.Facts.Audio; got.Facts.Video != nil || a.Channels != 2 || a.Samples != 48000 {
		t.Errorf("got %+v, want a second of stereo", got.Facts.Audio)
	}
	silent := et.File(t, et.Media(t, et.Clip{Size: "64x36", FPS: "25", Seconds: 0.2}))
	for want, test := range map[string]struct {
		config config
		input  executor.File
	}{
		"input 1 has no sound":             {nil, silent},
		"gains has 3 elements for 2 input": {config{"gains": []any{1, 1, 0.5}}, film},
	} {
		if _, err := et.Try(t, executor.NewAudioMix(), test.config, film, test.input); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
