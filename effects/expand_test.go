package effects

import (
	"math"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	effect, err := Parse([]byte(`
name: all
doc: Every type and every name.
version: 1
params:
  n: {type: number, default: 0.5, min: -1, max: 1, doc: n}
  i: {type: integer, default: 3, min: 0, max: 9, doc: i}
  b: {type: boolean, default: true, doc: b}
  c: {type: choice, default: one, choices: [one, two], doc: c}
  d: {type: color, default: "#ff000080", doc: d}
video: hue=h=${n}+${i}*${b}:s='${c}${d}' , null
audio: volume=${width}*${height}*${fps}*${frames}*${duration}*${samples}
`))
	if err != nil {
		t.Fatal(err)
	}
	media := Media{Width: 320, Height: 180, FPS: dag.Rate{Num: 30000, Den: 1001}, Frames: 300, Duration: 10.01, Samples: 480480}
	for name, test := range map[string]struct {
		values map[string]any
		want   string
	}{
		"defaults": {nil, "hue=h=0.5+3*1:s='one0xff000080' , null"},
		"given":    {map[string]any{"n": -1e-7, "i": 9.0, "b": false, "c": "two", "d": "#00ff00"}, "hue=h=-0.0000001+9*0:s='two0x00ff00' , null"},
	} {
		video, audio, err := effect.Expand(test.values, media)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if video != test.want {
			t.Errorf("%s: video graph %q, want %q", name, video, test.want)
		}
		if want := "volume=320*180*(30000/1001)*300*10.01*480480"; audio != want {
			t.Errorf("%s: audio graph %q, want %q", name, audio, want)
		}
	}
	for name, values := range map[string]map[string]any{
		"out of range":      {"n": 1.5},
		"not a number":      {"n": math.NaN()},
		"a graph":           {"n": "1,movie=x"},
		"not whole":         {"i": 1.5},
		"not a choice":      {"c": "one,movie=x"},
		"not a color":       {"d": "red"},
		"color with a tail": {"d": "#ff0000\n,movie=x"},
		"not a boolean":     {"b": 1.0},
	} {
		if video, _, err := effect.Expand(values, media); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: %v expands to %q, %v", name, values, video, err)
		}
	}
}
