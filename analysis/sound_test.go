package analysis

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnergy(t *testing.T) {
	t.Parallel()
	// A second of a sine at half of full scale, then one of nothing, then 25 ms.
	path := film(t, "a.wav", "-f lavfi -i aevalsrc=0.5*sin(2*PI*440*t)*lt(t\\,1)|0.5*sin(2*PI*440*t)*lt(t\\,1):s=44100:d=2.025")
	got := measure(t, path, "energy")
	values := numbers(t, got["energy"])
	if got["energy_step"] != 0.05 || len(values) != 41 {
		t.Fatalf("got %d values %v s apart, want 41, 0.05", len(values), got["energy_step"])
	}
	for i, v := range values {
		want := 0.0
		if i < 20 {
			want = 0.5 / math.Sqrt2
		}
		if math.Abs(v-want) > 0.001 {
			t.Errorf("energy[%d] is %v, want %.4f", i, v, want)
		}
	}
}

func TestEnergyDoesNotCancelOut(t *testing.T) {
	t.Parallel()
	path := film(t, "a.wav", "-f lavfi -i aevalsrc=0.5*sin(2*PI*440*t)|-0.5*sin(2*PI*440*t):s=44100:d=1")
	if got := slices.Max(numbers(t, measure(t, path, "energy")["energy"])); got < 0.35 {
		t.Errorf("channels of opposite sign have the energy %v, want 0.3536", got)
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, expr string
		want       []any
	}{
		{"never", "0.5*sin(2*PI*441*t)", nil},
		{"always", "0", []any{[]any{0.0, 4.0}}},
		{"start and end", "0.5*sin(2*PI*441*t)*between(t\\,1\\,2.5)", []any{[]any{0.0, 1.0}, []any{2.5, 4.0}}},
		{"too short", "0.5*sin(2*PI*441*t)*(lt(t\\,2)+gt(t\\,2.4))", nil},
		{"just long enough", "0.5*sin(2*PI*441*t)*(lt(t\\,2)+gte(t\\,2.5))", []any{[]any{2.0, 2.5}}},
		{"faint", "0.001*sin(2*PI*441*t)", []any{[]any{0.0, 4.0}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := film(t, "a.wav", "-f lavfi -i aevalsrc="+test.expr+":s=44100:d=4")
			if diff := cmp.Diff(append([]any{}, test.want...), measure(t, path, "silence")["silence"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A sound track that starts late is heard late.
func TestLateSound(t *testing.T) {
	t.Parallel()
	sound := film(t, "late.wav", tone)
	dir := filepath.Dir(sound)
	late := filepath.Join(dir, "late.mkv")
	remux(t, dir, "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=5", "-itsoffset", "1", "-i", sound, "-c:v", "ffv1", late)
	want := []any{[]any{0.0, 1.0}}
	if diff := cmp.Diff(want, measure(t, late, "silence")["silence"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoudness(t *testing.T) {
	t.Parallel()
	// EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS is -23.0 LUFS.
	path := film(t, "a.wav", "-f lavfi -i aevalsrc=0.070795*sin(2*PI*1000*t)|0.070795*sin(2*PI*1000*t):s=48000:d=20 -c:a pcm_s24le")
	want := map[string]any{"loudness": -23.0, "loudness_range": 0.0, "true_peak": -23.0}
	if diff := cmp.Diff(want, measure(t, path, "loudness")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// EBU Tech 3342, case 1: 20 s at -20 dBFS and 20 s at -30 have a range of 10 LU.
func TestLoudnessRange(t *testing.T) {
	t.Parallel()
	expr := "sin(2*PI*1000*t)*if(lt(t\\,20)\\,0.1\\,0.031623)"
	path := film(t, "a.wav", "-f lavfi -i aevalsrc="+expr+"|"+expr+":s=48000:d=40 -c:a pcm_s24le")
	if got := measure(t, path, "loudness")["loudness_range"].(float64); math.Abs(got-10) > 1 {
		t.Errorf("loudness range %v LU, want 10 within 1", got)
	}
}

func TestNoLoudness(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"-f lavfi -i anullsrc=r=44100 -t 3", "-f lavfi -i sine=d=0.2:r=44100"} {
		refuse(t, source(t, film(t, "a.wav", args), ""), []string{"loudness"}, "no loudness", "-70 LUFS")
	}
}

func TestScenes(t *testing.T) {
	t.Parallel()
	path := film(t, "a.mkv", "-f lavfi -i testsrc2=s=320x180:r=25:d=2 -f lavfi -i smptebars=s=320x180:r=25:d=1.2 -f lavfi -i mandelbrot=s=320x180:r=25 "+
		"-filter_complex [2]trim=end_frame=30,setpts=N/25/TB[m];[0][1][m]concat=n=3 -r 25 "+h264)
	if diff := cmp.Diff([]float64{2, 3.2}, numbers(t, measure(t, path, "scenes")["scenes"])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	still := film(t, "still.mkv", "-f lavfi -i smptebars=s=320x180:r=25:d=2 "+h264)
	if diff := cmp.Diff([]any{}, measure(t, still, "scenes")["scenes"]); diff != "" {
		t.Errorf("a picture that never changes (-want +got):\n%s", diff)
	}
}

func TestOnsets(t *testing.T) {
	t.Parallel()
	// A note of 0.2 s that begins at 0.5, 1.5, 2.5 and 3.5 s.
	path := film(t, "a.wav", "-f lavfi -i aevalsrc=0.5*sin(2*PI*660*t)*between(mod(t\\,1)\\,0.5\\,0.7):s=44100:d=4")
	got := numbers(t, measure(t, path, "onsets")["onsets"])
	for _, want := range []float64{0.5, 1.5, 2.5, 3.5} {
		if !slices.ContainsFunc(got, func(at float64) bool { return math.Abs(at-want) < 0.03 }) {
			t.Errorf("onsets %v: none within 30 ms of %v", got, want)
		}
	}
}
