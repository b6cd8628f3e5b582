package ffmpeg

import (
	"fmt"
	"math"
	"strings"

	"github.com/artdag/artdag/dag"
)

// Check compares what was made with what was stated and names every
// difference with both numbers. Fields that are zero in want are not compared.
// More than one frame off, in pictures or in time, is a difference.
func Check(want, got *dag.Facts) error {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	checkStreams(want, got, add)
	if want.Video != nil && got.Video != nil {
		checkVideo(want.Video, got.Video, add)
	}
	tolerance := frameTime(want)
	if want.Duration > 0 && math.Abs(want.Duration-got.Duration) > tolerance {
		add("%.3f s instead of %.3f s", got.Duration, want.Duration)
	}
	if len(faults) > 0 {
		return fmt.Errorf("the result is not what was asked for: %s", strings.Join(faults, ", "))
	}
	return nil
}

func checkStreams(want, got *dag.Facts, add func(string, ...any)) {
	for _, stream := range []struct {
		name      string
		want, got bool
	}{
		{"picture", want.Video != nil, got.Video != nil},
		{"sound", want.Audio != nil, got.Audio != nil},
	} {
		switch {
		case stream.want && !stream.got:
			add("no %s", stream.name)
		case !stream.want && stream.got:
			add("%s that was not asked for", stream.name)
		}
	}
}

func checkVideo(want, got *dag.VideoFacts, add func(string, ...any)) {
	if want.Width > 0 && (want.Width != got.Width || want.Height != got.Height) {
		add("%dx%d instead of %dx%d", got.Width, got.Height, want.Width, want.Height)
	}
	if want.Frames > 0 && abs(want.Frames-got.Frames) > 1 {
		add("%d frames instead of %d", got.Frames, want.Frames)
	}
	if want.FPS.Num > 0 && math.Abs(want.FPS.Float()-got.FPS.Float()) > 0.01 {
		add("%s frames per second instead of %s", got.FPS, want.FPS)
	}
}

// frameTime is the tolerance in seconds: one frame, plus a millisecond because
// Matroska counts in those; where there is coded sound at least 60 ms, because
// it comes in packets and some codecs add one in front.
func frameTime(f *dag.Facts) float64 {
	tolerance := 0.001
	if f.Video != nil && f.Video.FPS.Num > 0 {
		tolerance += f.Video.FPS.Seconds(1)
	}
	if f.Audio != nil && !isPCM(f.Audio.Codec) {
		tolerance = max(tolerance, 0.06)
	}
	return tolerance
}

func abs(n int64) int64 { return max(n, -n) }
