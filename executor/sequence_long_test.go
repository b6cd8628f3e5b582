package executor_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
	"github.com/artdag/artdag/executor/sandbox"
)

// lastTimes returns when the latest picture and the latest packet of sound
// start, in seconds.
func lastTimes(t *testing.T, path string) (picture, sound float64) {
	t.Helper()
	for stream, last := range map[string]*float64{"v": &picture, "a": &sound} {
		out := et.FFmpeg(t, "-i", path, "-map", "0:"+stream, "-c", "copy", "-f", "framecrc", "-")
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		n, err := strconv.ParseFloat(strings.TrimSpace(strings.Split(lines[len(lines)-1], ",")[2]), 64)
		if err != nil {
			t.Fatal(err)
		}
		*last = n / 1000
	}
	return picture, sound
}

func TestSequenceOf384CutsDoesNotDrift(t *testing.T) {
	t.Parallel()
	source := small(t, func(c *et.Clip) { c.FPS = "30000/1001"; c.Seconds = 4 })
	var cuts []executor.File
	var frames, samples int64
	for i := range 6 {
		got := et.Run(t, executor.NewSegment(), config{"offset": float64(i) * 0.4643, "duration": 0.4643}, source)
		cuts = append(cuts, et.FileOf(got))
	}
	inputs := make([]executor.File, 384)
	for i := range inputs {
		inputs[i] = cuts[i%len(cuts)]
		frames += inputs[i].Facts.Video.Frames
		samples += inputs[i].Facts.Audio.Samples
	}
	film := et.Run(t, executor.NewSequence(), nil, inputs...)
	if film.Facts.Video.Frames != frames || film.Facts.Audio.Samples != samples {
		t.Errorf("%d frames and %d samples, want the sum, %d and %d", film.Facts.Video.Frames, film.Facts.Audio.Samples, frames, samples)
	}
	want := float64(frames) * 1001 / 30000
	if math.Abs(film.Facts.Duration-want) > 0.034 {
		t.Errorf("%.3f s, want %.3f s", film.Facts.Duration, want)
	}
	picture, sound := lastTimes(t, film.Path)
	if math.Abs(picture-(want-1001.0/30000)) > 0.003 || sound < want-0.034 || sound > want {
		t.Errorf("the last picture starts at %.3f s, the last sound at %.3f s, of %.3f s", picture, sound, want)
	}
	// A cut out of the end of the film is in step, too.
	tail := et.Run(t, executor.NewSegment(), config{"offset": film.Facts.Duration - 0.3}, et.FileOf(film)).Facts
	if tail.Video.Frames != 9 || tail.Audio.Samples != 14414 {
		t.Errorf("the last 0.3 s are %d frames and %d samples", tail.Video.Frames, tail.Audio.Samples)
	}
}

func TestSequenceOf1000InputsIsBounded(t *testing.T) {
	t.Parallel()
	one := et.FileOf(et.Run(t, executor.NewSegment(), config{"duration": 0.12}, small(t, as)))
	dir := t.TempDir()
	inputs := make([]executor.File, 1000)
	for i := range inputs {
		inputs[i] = one
		inputs[i].Path = filepath.Join(dir, fmt.Sprintf("it's %d.mkv", i))
		if err := os.Link(one.Path, inputs[i].Path); err != nil {
			t.Fatal(err)
		}
	}
	run := et.Changing(et.Sandbox(t), func(c sandbox.Command) sandbox.Command {
		c.Args = append([]string{"--nofile=256:256", c.Tool}, c.Args...)
		c.Tool, c.Memory = "prlimit", 500<<20
		return c
	})
	film, err := et.TryWith(t, run, executor.NewSequence(), nil, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	if film.Facts.Video.Frames != 3000 || film.Facts.Audio.Samples != 3000*1920 {
		t.Errorf("%d frames and %d samples", film.Facts.Video.Frames, film.Facts.Audio.Samples)
	}
}
