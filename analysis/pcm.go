package analysis

import (
	"context"
	"encoding/binary"
	"math"
)

// levels is a writer of interleaved 16 bit samples that hands on the level of
// each window, whatever the number of channels: all samples of all channels
// count, so that channels of opposite sign do not cancel out.
type levels struct {
	window int // samples, of all channels
	each   func(level)

	half  []byte // the first byte of a sample whose second has not come
	sum   int64
	count int
}

// level is the loudness of one window.
type level struct {
	square float64 // mean of the squares, full scale is 1
	part   float64 // of the window that is filled: less than 1 for the last
}

func (l level) rms() float64 { return math.Sqrt(l.square) }

// Write never fails.
func (l *levels) Write(data []byte) (int, error) {
	rest := data
	if len(l.half) > 0 && len(rest) > 0 {
		l.sample(int16(binary.LittleEndian.Uint16([]byte{l.half[0], rest[0]})))
		l.half, rest = l.half[:0], rest[1:]
	}
	for ; len(rest) >= 2; rest = rest[2:] {
		l.sample(int16(binary.LittleEndian.Uint16(rest)))
	}
	l.half = append(l.half, rest...)
	return len(data), nil
}

func (l *levels) sample(v int16) {
	l.sum += int64(v) * int64(v)
	if l.count++; l.count == l.window {
		l.flush()
	}
}

// flush hands on what is left, once the sound has ended.
func (l *levels) flush() {
	if l.count == 0 {
		return
	}
	l.each(level{
		square: float64(l.sum) / float64(l.count) / (1 << 30),
		part:   float64(l.count) / float64(l.window),
	})
	l.sum, l.count = 0, 0
}

// levels measures the sound in windows of that many seconds, which are a whole
// number of samples.
func (s *session) levels(ctx context.Context, seconds float64, each func(level)) error {
	if err := s.needSound(); err != nil {
		return err
	}
	channels := int(s.probe["channels"].(float64))
	windows := 0
	l := &levels{window: channels * int(math.Round(seconds*sampleRate)), each: func(v level) {
		windows++
		s.part(float64(windows) * seconds)
		each(v)
	}}
	if err := s.decodeSound(ctx, resample, []string{"-f", "s16le", "-c:a", "pcm_s16le", "pipe:1"}, l); err != nil {
		return err
	}
	l.flush()
	if windows == 0 {
		return s.bad("has a sound track without a single sample")
	}
	return nil
}
