package executor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

func small(t *testing.T, change func(*et.Clip)) executor.File {
	t.Helper()
	c := et.Clip{Size: "96x54", FPS: "25", Seconds: 1, Rate: 48000}
	change(&c)
	return et.File(t, et.Media(t, c))
}

func as(*et.Clip) {}

func TestSequenceOfLikeInputsCopies(t *testing.T) {
	t.Parallel()
	a := small(t, as)
	b := small(t, func(c *et.Clip) { c.Seconds = 2 })
	one := et.FileOf(et.Run(t, executor.NewSegment(), config{"duration": 0.4643}, a))
	two := et.FileOf(et.Run(t, executor.NewSegment(), config{"offset": 0.5, "duration": 0.77}, b))
	got := et.Run(t, executor.NewSequence(), nil, one, two, one)
	want := slices.Concat(et.FrameHashes(t, one.Path), et.FrameHashes(t, two.Path), et.FrameHashes(t, one.Path))
	if frames := et.FrameHashes(t, got.Path); !slices.Equal(frames, want) {
		t.Errorf("%d frames, want %d, first difference at %d", len(frames), len(want), difference(frames, want))
	}
	sound := slices.Concat(et.AudioSamples(t, one.Path), et.AudioSamples(t, two.Path), et.AudioSamples(t, one.Path))
	if samples := et.AudioSamples(t, got.Path); !slices.Equal(samples, sound) {
		t.Errorf("%d samples, want %d, first difference at %d", len(samples), len(sound), difference(samples, sound))
	}
	other := et.Run(t, executor.NewSequence(), nil, two, one, one)
	if slices.Equal(et.FrameHashes(t, other.Path), want) {
		t.Error("another order gave the same film")
	}
}

func TestSequenceBringsUnlikeInputsToOneForm(t *testing.T) {
	t.Parallel()
	wide := small(t, func(c *et.Clip) { c.FPS = "24" })
	tall := small(t, func(c *et.Clip) { c.Size = "54x96"; c.Rate = 0; c.FPS = "30000/1001" })
	song := small(t, func(c *et.Clip) {
		c.Size = ""
		c.Rate = 44100
		c.Seconds = 1.5
		c.Name = "a.wav"
		c.Options = []string{}
	})
	for name, test := range map[string]struct {
		config        config
		width, height int
	}{
		"first":    {nil, 96, 54},
		"last":     {config{"target_size": "last", "background": "red"}, 54, 96},
		"explicit": {config{"size": "128x72"}, 128, 72},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewSequence(), test.config, wide, tall, song).Facts
			if got.Video.Width != test.width || got.Video.Height != test.height || got.Video.Frames != 24+24+36 || got.Video.FPS.String() != "24" {
				t.Errorf("got %+v, want 84 frames of %dx%d", got.Video, test.width, test.height)
			}
			if got.Audio.Channels != 2 || got.Audio.Samples != 84*2000 {
				t.Errorf("got %+v, want 168000 samples in stereo", got.Audio)
			}
		})
	}
}

func TestSequenceTransitions(t *testing.T) {
	t.Parallel()
	a, b := small(t, as), small(t, func(c *et.Clip) { c.Seconds = 1.4 })
	c := small(t, func(c *et.Clip) { c.FPS = "24"; c.Rate = 0 })
	for _, name := range []string{"crossfade", "fade", "wipeleft", "dissolve", "zoomin"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewSequence(), config{"transition": name, "duration": 0.4}, a, b, c)
			if f := got.Facts; f.Video.Frames != 25+35+25-20 || f.Audio.Samples != 65*1920 {
				t.Errorf("%d frames and %d samples, want 65 and 124800", f.Video.Frames, f.Audio.Samples)
			}
			frames, before := et.FrameHashes(t, got.Path), et.FrameHashes(t, a.Path)
			if !slices.Equal(frames[:15], before[:15]) || frames[20] == before[20] {
				t.Error("what precedes the transition is changed, or the transition is not there")
			}
			if after := et.FrameHashes(t, b.Path); !slices.Equal(frames[25:40], after[10:25]) {
				t.Error("what follows the transition is changed")
			}
		})
	}
}

func TestSequenceOfSound(t *testing.T) {
	t.Parallel()
	song := small(t, func(c *et.Clip) { c.Size = "" })
	for transition, want := range map[string]int64{"cut": 96000, "crossfade": 72000} {
		got := et.Run(t, executor.NewSequence(), config{"transition": transition}, song, song).Facts
		if got.Video != nil || got.Audio.Samples != want {
			t.Errorf("%s: got %+v, want %d samples and no picture", transition, got.Audio, want)
		}
	}
}

func TestSequenceRefusesTransitionLongerThanItsClip(t *testing.T) {
	t.Parallel()
	a := small(t, as)
	_, err := et.Try(t, executor.NewSequence(), config{"transition": "crossfade", "duration": 0.6}, a, a, a)
	if !executor.IsInvalid(err) || !strings.Contains(fmt.Sprint(err), "1.200 s of transitions do not fit into input 1, which lasts 1.000 s") {
		t.Errorf("got %v", err)
	}
}
