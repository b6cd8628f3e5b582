package executor

import (
	"fmt"
	"math"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// isIntermediate reports whether a file has the form of the files between
// steps, whose pictures are evenly spaced from 0 and whose sound is as long as
// its picture, so that lengths are known exactly and packets can be copied.
func isIntermediate(f *dag.Facts) bool {
	return f != nil && f.Format == "matroska" && (f.Video != nil || f.Audio != nil) &&
		(f.Video == nil || f.Video.Codec == "ffv1") &&
		(f.Audio == nil || f.Audio.Codec == "pcm_s24le" && f.Audio.Rate == ffmpeg.Rate)
}

// maxHold is how much longer than its picture a source may say that it is, in
// seconds, for its last picture to be held until then.
const maxHold = 2

// pictures returns how many pictures a file shows at its frame rate. A source
// lasts as long as its container says, because that is the length that people
// and analysis see; sound that ends a little after the picture, or a picture
// that starts a little late, is no fault.
func pictures(f *dag.Facts) int64 {
	counted := f.Video.Frames
	if isIntermediate(f) {
		return counted
	}
	declared := f.Video.FPS.Frames(f.Duration)
	if counted == 0 || math.Abs(f.Duration-f.Video.FPS.Seconds(counted)) <= maxHold {
		return declared
	}
	return counted
}

// soundLength returns how many samples at 48 kHz a file without a picture has.
func soundLength(f *dag.Facts) int64 {
	if f.Audio.Samples > 0 && f.Audio.Rate > 0 {
		return int64(math.Round(float64(f.Audio.Samples) * ffmpeg.Rate / float64(f.Audio.Rate)))
	}
	return samplesIn(f.Duration)
}

// samplesIn returns the nearest whole number of samples at 48 kHz.
func samplesIn(seconds float64) int64 { return int64(math.Round(seconds * ffmpeg.Rate)) }

// sampleAt returns the sample at 48 kHz at which frame n starts, in integers,
// so that adjoining cuts meet at the same sample.
func sampleAt(fps dag.Rate, n int64) int64 {
	scaled := n * ffmpeg.Rate * fps.Den
	return (2*scaled + fps.Num) / (2 * fps.Num)
}

// knownPicture returns an error that names the input when its picture lacks
// what cutting needs.
func knownPicture(f *dag.Facts) error {
	if v := f.Video; v != nil && (v.FPS.Num <= 0 || v.FPS.Den <= 0 || v.Width <= 0 || v.Height <= 0) {
		return fmt.Errorf("the input's picture has no frame rate or size: %dx%d at %s frames per second", v.Width, v.Height, v.FPS)
	}
	return nil
}

// wholeOf returns the cut that is a whole file in its own form.
func wholeOf(in File) (cut, error) {
	whole := cut{in: in, form: formOf(in.Facts)}
	switch {
	case in.Facts.Video != nil:
		if err := knownPicture(in.Facts); err != nil {
			return cut{}, err
		}
		whole.length = pictures(in.Facts)
	case in.Facts.Audio != nil:
		whole.length = soundLength(in.Facts)
	}
	if whole.length == 0 {
		return cut{}, fmt.Errorf("the input has no picture and no sound of a known length")
	}
	return whole, nil
}

// sameKind is the Output of types whose output is of the kind of their first
// input.
func sameKind(inputs []dag.Kind) dag.Kind {
	if len(inputs) > 0 && inputs[0] == dag.Audio {
		return dag.Audio
	}
	return dag.Video
}

// intermediateCost estimates the seconds of work on one slot that decoding and
// coding as an intermediate takes: measured at 45 million pixels a second.
func intermediateCost(f *dag.Facts) float64 {
	const start, pixelsPerSecond = 0.05, 45e6
	if f == nil || f.Video == nil {
		return start
	}
	return start + float64(f.Video.Frames)*float64(f.Video.Width)*float64(f.Video.Height)/pixelsPerSecond
}
