package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/artdag/artdag/executor"
	et "github.com/artdag/artdag/executor/executortest"
)

type config = map[string]any

// h264 is an ordinary source. Its sound has no noise that the decoder makes up:
// that depends on where decoding starts, see docs/determinism.md.
func h264() []string {
	return []string{"-c:v", "libx264", "-g", "48", "-bf", "3", "-preset", "fast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-aac_pns", "0"}
}

func TestSegmentAdjoiningCutsHoldEachFrameOnce(t *testing.T) {
	t.Parallel()
	for _, fps := range []string{"24000/1001", "24", "25", "30000/1001", "60000/1001"} {
		for name, options := range map[string][]string{"clip.mp4": h264(), "clip.mkv": nil} {
			t.Run(strings.ReplaceAll(fps, "/", ":")+" "+name, func(t *testing.T) {
				t.Parallel()
				source := et.Media(t, et.Clip{Size: "64x36", FPS: fps, Seconds: 3.5, Rate: 48000, Options: options, Name: name})
				want := et.FrameHashes(t, source)
				var frames []string
				var sound []int32
				bounds := []float64{0, 0.4643, 1.5, 2.777}
				for i, start := range bounds {
					cut := config{"offset": start}
					if i+1 < len(bounds) {
						cut = config{"start": start, "end": bounds[i+1]}
					}
					got := et.Run(t, executor.NewSegment(), cut, et.File(t, source))
					pictures, samples := et.Decode(t, got.Path)
					frames, sound = append(frames, pictures...), append(sound, samples...)
				}
				if !slices.Equal(frames, want) {
					t.Errorf("%s at %s: %d frames in the cuts, %d in the source, first difference at %d", name, fps, len(frames), len(want), difference(frames, want))
				}
				whole := et.AudioSamples(t, et.Run(t, executor.NewSegment(), nil, et.File(t, source)).Path)
				if !slices.Equal(sound, whole) {
					t.Errorf("%s at %s: %d samples in the cuts, %d in the whole, first difference at %d", name, fps, len(sound), len(whole), difference(sound, whole))
				}
			})
		}
	}
}

func difference[T comparable](a, b []T) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
