package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

// rgbHashes are frame hashes that films and images share.
func rgbHashes(t *testing.T, path string) []string {
	t.Helper()
	return et.FrameHashes(t, path, "-vf", "sws_flags=bicubic+accurate_rnd+bitexact+full_chroma_int;scale,format=rgb24")
}

func TestFramesAreExact(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{"film.mp4": h264(), "film.mkv": {"-c:v", "ffv1", "-level", "3"}} {
		source := et.Media(t, et.Clip{Size: "96x54", FPS: "30000/1001", Seconds: 4, Options: options, Name: name})
		all := rgbHashes(t, source)
		frame := func(n int) float64 { return float64(n) * 1001 / 30000 }
		for label, test := range map[string]struct {
			config config
			want   []int
		}{
			"at":        {config{"at": []any{3.0, 0, frame(50), frame(51) - 0.001, frame(119)}}, []int{89, 0, 50, 50, 119}},
			"rate":      {config{"rate": 2}, []int{0, 14, 29, 44, 59, 74, 89, 104, 119}},
			"same rate": {config{"rate": "30000/1001"}, nil},
		} {
			t.Run(name+" "+label, func(t *testing.T) {
				t.Parallel()
				want := test.want
				for n := 0; label == "same rate" && n < 120; n++ {
					want = append(want, n)
				}
				got := et.Run(t, executor.NewFrames(), test.config, et.File(t, source))
				if len(got.Members) != len(want) {
					t.Fatalf("%d images, want %d", len(got.Members), len(want))
				}
				for i, member := range got.Members {
					if member.Name != fmt.Sprintf("%08d", i) || member.MediaType != "image/png" {
						t.Errorf("image %d is %s, %s", i, member.Name, member.MediaType)
					}
					if hash := et.PNG(t, member.Path).RGBHash(); hash != all[want[i]] {
						t.Errorf("image %d is not frame %d", i, want[i])
					}
				}
			})
		}
	}
}

func TestFramesNamesArePlanned(t *testing.T) {
	t.Parallel()
	film := &dag.Facts{Kind: dag.Video, Format: "matroska", Duration: 10, Video: &dag.VideoFacts{Codec: "ffv1", Width: 64, Height: 36, FPS: dag.Rate{Num: 25, Den: 1}, Frames: 250}}
	for name, test := range map[string]struct {
		config config
		facts  *dag.Facts
		want   int
	}{
		"times of something unknown": {config{"at": []any{0.0, 1.0}}, nil, 2},
		"times":                      {config{"at": []any{0.0, 1.0}}, film, 2},
		"rate":                       {config{"rate": 3.0}, film, 30},
		"slow rate":                  {config{"rate": 0.3}, film, 3},
		"rate of something unknown":  {config{"rate": 3.0}, nil, 0},
	} {
		got, err := executor.NewFrames().Expect(test.config, []*dag.Facts{test.facts})
		if err != nil || !got.Multi || len(got.Members) != test.want {
			t.Errorf("%s: %d names, %v; want %d", name, len(got.Members), err, test.want)
		}
	}
	_, err := executor.NewFrames().Expect(config{"at": []any{10.0}}, []*dag.Facts{film})
	if err == nil || !strings.Contains(err.Error(), "no picture at 10.000 s: the input ends at 10.000 s") {
		t.Errorf("a time past the end: %v", err)
	}
	for _, c := range []config{nil, {"at": []any{1}, "rate": 2}} {
		if _, err := executor.NewFrames().Normalize(c); err == nil || !strings.Contains(err.Error(), "exactly one of at and rate") {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestFramesAsJPEG(t *testing.T) {
	t.Parallel()
	source := et.Media(t, et.Clip{Size: "96x54", FPS: "25", Seconds: 0.4})
	for _, c := range []config{{"at": []any{0.2}, "format": "jpg"}, {"rate": 5, "format": "jpg"}} {
		got := et.Run(t, executor.NewFrames(), c, et.File(t, source))
		if member := got.Members[0]; member.MediaType != "image/jpeg" || member.Facts.Video.Width != 96 {
			t.Errorf("%v: %s, %+v", c, member.MediaType, member.Facts.Video)
		}
	}
}

func TestThumbnail(t *testing.T) {
	t.Parallel()
	source := et.File(t, et.Media(t, et.Clip{Size: "96x54", FPS: "25", Seconds: 4}))
	all := rgbHashes(t, source.Path)
	for want, c := range map[int]config{
		10: {"width": 96, "format": "png"}, 99: {"at": "100%", "width": 96, "format": "png"}, 50: {"at": 2, "width": 96, "format": "png"},
	} {
		got := et.Run(t, executor.NewThumbnail(), c, source)
		if rgbHashes(t, got.Path)[0] != all[want] {
			t.Errorf("%v is not frame %d", c, want)
		}
	}
	got := et.Run(t, executor.NewThumbnail(), nil, source)
	if v := got.Facts.Video; got.MediaType != "image/jpeg" || v.Width != 480 || v.Height != 270 {
		t.Errorf("got %s of %dx%d, want image/jpeg of 480x270", got.MediaType, v.Width, v.Height)
	}
	image := et.File(t, et.Image(t, "image.png", "64x36", 0))
	if v := et.Run(t, executor.NewThumbnail(), config{"width": 32}, image).Facts.Video; v.Width != 32 || v.Height != 18 {
		t.Errorf("an image became %dx%d, want 32x18", v.Width, v.Height)
	}
	if _, err := et.Try(t, executor.NewThumbnail(), config{"at": 4}, source); err == nil || !strings.Contains(err.Error(), "no picture at 4.000 s") {
		t.Errorf("past the end: %v", err)
	}
}
