package executor

import (
	"bufio"
	"io"
	"math"

	"github.com/artdag/artdag/executor/ffmpeg"
)

// sound sets up the samples of a tone or of silence, which are computed here:
// the sine of a C library differs with the instructions that a CPU has.
func (c generateConfig) sound(call *ffmpeg.Call, n int64) {
	call.Inputs = []ffmpeg.Input{ffmpeg.RawSound("pipe:0", 1)}
	call.Stdin = bufio.NewReaderSize(&toneReader{config: c, left: n}, 64<<10)
	call.Graph = "[0:a]pan=" + ffmpeg.Layout(c.Channels) + spread(c.Channels) + ",aformat=sample_fmts=s32[a]"
	call.Maps = []string{"[a]"}
}

// spread gives every channel the one sound that there is.
func spread(channels int) string {
	out := ""
	for i := range channels {
		out += "|c" + string(rune('0'+i)) + "=c0"
	}
	return out
}

// toneReader gives samples of 24 bits, little-endian, one channel.
type toneReader struct {
	config generateConfig
	at     int64
	left   int64
}

var _ io.Reader = (*toneReader)(nil)

func (r *toneReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := 0
	for ; n+3 <= len(p) && r.left > 0; n += 3 {
		v := uint32(int32(math.Round(r.sample() * (1<<23 - 1))))
		p[n], p[n+1], p[n+2] = byte(v), byte(v>>8), byte(v>>16)
		r.at, r.left = r.at+1, r.left-1
	}
	return n, nil
}

// sample is the next one, from -1 to 1.
func (r *toneReader) sample() float64 {
	if r.config.Volume == 0 || r.config.Kind == "silence" {
		return 0
	}
	// Only the fraction of a turn matters, and it keeps its precision however
	// long the tone is. The conversion keeps the compiler from fusing the
	// multiplications with what follows, which would differ between CPUs.
	_, turn := math.Modf(float64(r.config.Frequency*float64(r.at)) / ffmpeg.Rate)
	return float64(math.Sin(float64(2*math.Pi*turn))*r.config.Volume) * r.gain()
}

// gain rises from silence and falls into it in straight lines.
func (r *toneReader) gain() float64 {
	gain := 1.0
	if in := samplesIn(r.config.FadeIn); r.at < in {
		gain = float64(r.at) / float64(in)
	}
	if out := samplesIn(r.config.FadeOut); r.left < out {
		gain = min(gain, float64(r.left)/float64(out))
	}
	return gain
}
