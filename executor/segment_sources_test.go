package executor_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

// derive makes another file from a clip, with ffmpeg's options.
func derive(t *testing.T, in executor.File, name string, options ...string) executor.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	et.FFmpeg(t, append(append([]string{"-i", in.Path}, options...), path)...)
	return et.File(t, path)
}

func TestSegmentOfOddSources(t *testing.T) {
	t.Parallel()
	clip := small(t, func(c *et.Clip) { c.Seconds = 4 })
	lossless := []string{"-c:v", "libx264", "-qp", "0", "-g", "30", "-bf", "2"}
	for name, test := range map[string]struct {
		in     executor.File
		frames int64
		sound  bool
	}{
		"starts at 5 s":       {derive(t, clip, "late.mkv", "-c", "copy", "-output_ts_offset", "5"), 25, true},
		"transport stream":    {derive(t, clip, "a.ts", slices.Concat(lossless, []string{"-c:a", "mp2", "-b:a", "192k", "-muxdelay", "1.4"})...), 25, true},
		"picture starts late": {derive(t, clip, "gap.mkv", "-vf", "setpts=PTS+0.4/TB", "-c:v", "ffv1", "-c:a", "copy"), 25, true},
		"no sound":            {derive(t, clip, "mute.mp4", append(lossless, "-an")...), 25, false},
		"open groups":         {derive(t, clip, "open.mp4", "-c:v", "libx264", "-x264-params", "open-gop=1:keyint=30:bframes=3", "-c:a", "aac"), 25, true},
		"not square":          {derive(t, clip, "sar.mp4", append(lossless, "-vf", "setsar=4/3", "-an")...), 25, false},
		"turned":              {derive(t, derive(t, clip, "t.mp4", append(lossless, "-an")...), "turned.mp4", "-c", "copy", "-metadata:s:v", "rotate=90"), 25, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewSegment(), config{"offset": 2.4, "duration": 1}, test.in).Facts
			if got.Video.Frames != test.frames || (got.Audio != nil) != test.sound {
				t.Errorf("got %+v, %+v", got.Video, got.Audio)
			}
			if name == "not square" && got.Video.Width != 128 || name == "turned" && got.Video.Width != 54 {
				t.Errorf("got %dx%d", got.Video.Width, got.Video.Height)
			}
		})
	}
}

func TestSegmentOfVariableRateIsTheConstantRateFilm(t *testing.T) {
	t.Parallel()
	clip := small(t, func(c *et.Clip) { c.Seconds = 4; c.Rate = 0 })
	uneven := derive(t, clip, "vfr.mkv", "-vf", `select=not(mod(n\,3))+not(mod(n\,7))+lt(n\,20)`, "-fps_mode", "vfr", "-c:v", "ffv1", "-g", "1")
	whole := et.FrameHashes(t, et.Run(t, executor.NewSegment(), nil, uneven).Path)
	var parts []string
	for _, c := range []config{{"end": 1.1}, {"start": 1.1, "end": 2.3}, {"start": 2.3}} {
		parts = append(parts, et.FrameHashes(t, et.Run(t, executor.NewSegment(), c, uneven).Path)...)
	}
	if !slices.Equal(whole, parts) {
		t.Errorf("%d frames in parts, %d in one piece, first difference at %d", len(parts), len(whole), difference(parts, whole))
	}
}

func TestSegmentOfSound(t *testing.T) {
	t.Parallel()
	song := small(t, func(c *et.Clip) { c.Size = ""; c.Seconds = 3; c.Rate = 44100; c.Name = "a.wav"; c.Options = []string{} })
	whole := et.AudioSamples(t, et.Run(t, executor.NewSegment(), nil, song).Path)
	var parts []int32
	for _, c := range []config{{"end": 0.4643}, {"start": 0.4643, "end": 2.51}, {"start": 2.51}} {
		parts = append(parts, et.AudioSamples(t, et.Run(t, executor.NewSegment(), c, song).Path)...)
	}
	if len(whole) != 2*144000 || !slices.Equal(whole, parts) {
		t.Errorf("%d samples in parts, %d in one piece, first difference at %d", len(parts), len(whole), difference(parts, whole))
	}
}

func TestSegmentPastEnd(t *testing.T) {
	t.Parallel()
	clip := small(t, as)
	frames := et.FrameHashes(t, clip.Path)
	last := frames[24]
	for mode, want := range map[string][]string{
		"shorten": frames[20:],
		"hold":    append(slices.Clone(frames[20:]), slices.Repeat([]string{last}, 35)...),
		"loop":    slices.Concat(frames[20:], frames, frames[:10]),
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			got := et.Run(t, executor.NewSegment(), config{"offset": 0.8, "duration": 1.6, "past_end": mode}, clip)
			if frames := et.FrameHashes(t, got.Path); !slices.Equal(frames, want) {
				t.Errorf("%d frames, want %d, first difference at %d", len(frames), len(want), difference(frames, want))
			}
			if n := got.Facts.Audio.Samples; n != int64(len(want))*1920 {
				t.Errorf("%d samples for %d frames", n, len(want))
			}
		})
	}
	for _, c := range []config{{"offset": 0.5, "duration": 0.7}, {"offset": 2}, {"offset": 2, "past_end": "shorten"}, {"duration": 0.001}} {
		if _, err := et.Try(t, executor.NewSegment(), c, clip); !executor.IsInvalid(err) {
			t.Errorf("%v: got %v, want an invalid cut", c, err)
		}
	}
}

func TestSegmentNotPreciseStartsAtTheKeyFrame(t *testing.T) {
	t.Parallel()
	clip := small(t, func(c *et.Clip) {
		c.Seconds = 6
		c.Options = append(h264(), "-g", "50", "-keyint_min", "50", "-sc_threshold", "0")
		c.Name = "a.mp4"
	})
	got := et.Run(t, executor.NewSegment(), config{"offset": 5.0, "duration": 0.4, "precise": false}, clip)
	if frames := et.FrameHashes(t, got.Path); !slices.Equal(frames, et.FrameHashes(t, clip.Path)[100:110]) {
		t.Errorf("%d frames, and not those from the key frame at 4 s on", len(frames))
	}
}

func TestSegmentRefusesDamage(t *testing.T) {
	t.Parallel()
	clip := small(t, func(c *et.Clip) { c.Seconds = 4; c.Options = h264(); c.Name = "a.mp4" })
	own := et.FileOf(et.Run(t, executor.NewSegment(), nil, clip))
	for name, in := range map[string]executor.File{"a.mp4": clip, "own.mkv": own} {
		data, err := os.ReadFile(in.Path)
		if err != nil {
			t.Fatal(err)
		}
		facts := et.Run(t, executor.NewSegment(), nil, in).Facts
		damaged := slices.Clone(data)
		r := rand.New(rand.NewPCG(1, 2))
		at := len(data) / 2
		for i := range 400 {
			damaged[at+i] = byte(r.Uint32())
		}
		for kind, bytes := range map[string][]byte{"400 bytes": damaged, "cut short": data[:len(data)*2/3]} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			// What was known of the file before it was damaged.
			broken := executor.File{Path: path, Name: name, Facts: facts}
			if name == "a.mp4" {
				broken.Facts = new(dag.Facts)
				*broken.Facts = *facts
				broken.Facts.Format = "mp4"
			}
			if got, err := et.Try(t, executor.NewSegment(), nil, broken); err == nil {
				t.Errorf("%s, %s: accepted as %+v", name, kind, got.Facts.Video)
			}
		}
	}
}

func TestSegmentNormalize(t *testing.T) {
	t.Parallel()
	got, err := executor.NewSegment().Normalize(config{"start": 1.5, "end": 4})
	if err != nil || got["offset"] != 1.5 || got["duration"] != 2.5 || got["start"] != nil || got["end"] != nil {
		t.Errorf("got %v, %v", got, err)
	}
	for want, c := range map[string]config{
		"start: offset is given too": {"offset": 1, "start": 1},
		"end: duration is given too": {"duration": 1, "end": 3},
		"end: want more than":        {"start": 3, "end": 2},
	} {
		if _, err := executor.NewSegment().Normalize(c); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v: got %v, want %q", c, err, want)
		}
	}
}
