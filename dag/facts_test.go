package dag_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/artdag/artdag/dag"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want dag.Rate
		text string
	}{
		{"25", dag.Rate{25, 1}, "25"},
		{"25.0", dag.Rate{25, 1}, "25"},
		{"50/2", dag.Rate{25, 1}, "25"},
		{"29.97", dag.Rate{30000, 1001}, "30000/1001"},
		{"23.976", dag.Rate{24000, 1001}, "24000/1001"},
		{"23.98", dag.Rate{24000, 1001}, "24000/1001"},
		{"59.94", dag.Rate{60000, 1001}, "60000/1001"},
		{"30000/1001", dag.Rate{30000, 1001}, "30000/1001"},
		{"298.7", dag.Rate{23000, 77}, "23000/77"},
		{"12.5", dag.Rate{25, 2}, "25/2"},
		{"0.5", dag.Rate{1, 2}, "1/2"},
		{"1000", dag.Rate{1000, 1}, "1000"},
	} {
		got, err := dag.ParseRate(test.in)
		if err != nil || got != test.want || got.String() != test.text {
			t.Errorf("ParseRate(%s) = %s, %v; want %s", test.in, got, err, test.text)
		}
	}
}

func TestParseRateRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "fast", "0", "-25", "1001", "NaN", "Inf", "0/1", "1/0", "0/0", "-30/1", "30/1/1", "1e-9", "9223372036854775807/1", "1/9223372036854775807", " 25"} {
		if got, err := dag.ParseRate(in); err == nil {
			t.Errorf("ParseRate(%q) = %s, want an error", in, got)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"25", "29.97", "30000/1001", "0.001", "298.7", "999.9999", "1e2", "0x10", "1_0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := dag.ParseRate(text)
		if err != nil {
			return
		}
		if fps := r.Float(); !(fps > 0 && fps <= 1000) {
			t.Fatalf("ParseRate(%q) = %s, %v frames per second", text, r, fps)
		}
		again, err := dag.ParseRate(r.String())
		if err != nil || again != r {
			t.Errorf("ParseRate(%q) = %s, which reads as %s, %v", text, r, again, err)
		}
	})
}

func TestFramesAndSeconds(t *testing.T) {
	t.Parallel()
	for _, r := range []dag.Rate{{25, 1}, {30000, 1001}, {24000, 1001}, {1, 2}} {
		for _, n := range []int64{0, 1, 2, 1000, 10_000_000} {
			if got := r.Frames(r.Seconds(n)); got != n {
				t.Errorf("%s: frame %d is at %v s, which is frame %d", r, n, r.Seconds(n), got)
			}
		}
	}
	unknown := dag.Rate{}
	if unknown.Float() != 0 || unknown.Frames(10) != 0 || unknown.Seconds(10) != 0 {
		t.Errorf("an unknown rate gives %v, %v, %v; want zeros", unknown.Float(), unknown.Frames(10), unknown.Seconds(10))
	}
	if got := (dag.Rate{30000, 1001}).Float(); math.Abs(got-29.97002997) > 1e-8 {
		t.Errorf("Float() = %v", got)
	}
}

func TestFactsAsJSON(t *testing.T) {
	t.Parallel()
	for _, fps := range []dag.Rate{{}, {25, 1}, {30000, 1001}} {
		text, err := json.Marshal(dag.Facts{Kind: dag.Video, Video: &dag.VideoFacts{Width: 1, Height: 2, FPS: fps}})
		if err != nil {
			t.Fatal(err)
		}
		var back dag.Facts
		if err := json.Unmarshal(text, &back); err != nil || back.Video.FPS != fps {
			t.Errorf("%s reads back as %+v, %v", text, back.Video, err)
		}
	}
}

func TestSlotAccepts(t *testing.T) {
	t.Parallel()
	picture := dag.Slot{Kinds: []dag.Kind{dag.Video, dag.Image}}
	for kind, want := range map[dag.Kind]bool{dag.Video: true, dag.Image: true, dag.Data: true, "": true, dag.Audio: false, dag.Images: false} {
		if got := picture.Accepts(kind); got != want {
			t.Errorf("Accepts(%q) = %v, want %v", kind, got, want)
		}
	}
	if !(dag.Slot{}).Accepts(dag.Blend) {
		t.Error("a slot without kinds refuses a blend")
	}
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	errs := dag.ConfigErrors{{Path: []string{"inputs", "0", "opacity"}, Message: "must be at most 1"}, {Message: "is empty"}}
	if got, want := errs.Error(), "inputs.0.opacity: must be at most 1; is empty"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
