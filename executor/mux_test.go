package executor_test

import (
	"slices"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func TestMux(t *testing.T) {
	t.Parallel()
	picture := small(t, func(c *et.Clip) { c.Seconds = 2 })
	source := small(t, func(c *et.Clip) { c.Seconds = 2; c.Options = h264(); c.Name = "v.mp4" })
	song := small(t, func(c *et.Clip) { c.Size = ""; c.Seconds = 3; c.Name = "a.wav"; c.Options = []string{} })
	all := et.AudioSamples(t, song.Path)
	for name, test := range map[string]struct {
		config  config
		video   executor.File
		frames  int64
		silence int // samples of both channels before the sound
		skipped int // samples of both channels of the song
	}{
		"copied":               {nil, picture, 50, 0, 0},
		"from a source":        {nil, source, 50, 0, 0},
		"sound ends first":     {config{"offset": 1.5}, picture, 37, 0, 144000},
		"silence first":        {config{"offset": -0.5}, picture, 50, 48000, 0},
		"longest, holds":       {config{"shortest": false}, picture, 75, 0, 0},
		"longest, silence":     {config{"shortest": false, "offset": 1.5}, picture, 50, 0, 144000},
		"nothing but silence":  {config{"offset": -7}, picture, 50, 50 * 1920 * 2, 0},
		"holds until it is by": {config{"shortest": false, "offset": -1.0}, source, 100, 96000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewMux(), test.config, test.video, song)
			if got.Facts.Video.Frames != test.frames || got.Facts.Audio.Samples != test.frames*1920 {
				t.Fatalf("%d frames, %d samples, want %d and %d", got.Facts.Video.Frames, got.Facts.Audio.Samples, test.frames, test.frames*1920)
			}
			frames, want := et.FrameHashes(t, got.Path), et.FrameHashes(t, test.video.Path)
			if n := min(len(frames), len(want)); !slices.Equal(frames[:n], want[:n]) {
				t.Error("the picture is changed")
			}
			sound := et.AudioSamples(t, got.Path)
			heard := slices.Concat(make([]int32, test.silence), all[test.skipped:], make([]int32, len(sound)))[:len(sound)]
			if !slices.Equal(sound, heard) {
				t.Errorf("the sound differs from sample %d on", difference(sound, heard))
			}
		})
	}
}

func TestMuxRefusesOffsetBeyondTheSound(t *testing.T) {
	t.Parallel()
	picture := small(t, func(c *et.Clip) { c.Rate = 0 })
	if _, err := et.Try(t, executor.NewMux(), config{"offset": 1.0}, picture, small(t, as)); !executor.IsInvalid(err) {
		t.Errorf("got %v, want an invalid offset", err)
	}
	if _, err := et.Try(t, executor.NewMux(), nil, picture, picture); !executor.IsInvalid(err) {
		t.Errorf("sound from a silent clip: got %v", err)
	}
}
