package executor

import (
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// openInput returns the ffmpeg input for a file; an image is shown once.
func openInput(f File) ffmpeg.Input {
	if f.Facts.Kind == dag.Image {
		return ffmpeg.Still(f.Path)
	}
	return ffmpeg.Input{Path: f.Path}
}

// pictureFrom starts a chain with the picture of input i: evenly spaced from 0,
// as many frames as pictures says, square pixels, upright.
func pictureFrom(i int, f *dag.Facts) string {
	v := f.Video
	if f.Kind == dag.Image {
		format := map[bool]string{true: "gbrap", false: "gbrp"}[hasAlpha(f)]
		return fmt.Sprintf("[%d:v:0]trim=end_frame=1,scale=%d:%d,setsar=1,format=%s", i, v.Width, v.Height, format)
	}
	n := pictures(f)
	graph := fmt.Sprintf("[%d:v:0]settb=AVTB,fps=%s:start_time=0", i, v.FPS)
	if hold := n - v.Frames; v.Frames > 0 && hold > 0 {
		// Only as many as are stated to be missing: see cut.pictureGraph.
		graph += fmt.Sprintf(",tpad=stop_mode=clone:stop=%d", hold)
	}
	return graph + fmt.Sprintf(",trim=end_frame=%d,scale=%d:%d,setsar=1", n, v.Width, v.Height)
}

// soundFrom starts a chain with the sound of input i in the form of
// intermediates, exactly as long as the input.
func soundFrom(i int, f *dag.Facts, channels int) string {
	n := samplesOf(f)
	from := ffmpeg.Sound(channels)
	if !isIntermediate(f) {
		// The sound of a source may start late or have gaps.
		from = "atrim=start=0,aresample=48000:async=1:first_pts=0:internal_sample_fmt=s32p," + ffmpeg.SoundFormat(channels)
	}
	pad := fmt.Sprintf("pad_len=%d", maxPad)
	if f.Video != nil {
		pad = fmt.Sprintf("whole_len=%d", n)
	}
	return fmt.Sprintf("[%d:a:0]%s,apad=%s,atrim=end_sample=%d", i, from, pad, n)
}

// maxPad is how many samples may be missing at the end of a file that is sound
// alone, for a codec's last packet. More is a file that breaks off, and silence
// would hide that.
const maxPad = ffmpeg.Rate / 10

// samplesOf returns how many samples at 48 kHz the input lasts: sound that goes
// with a picture is as long as the picture.
func samplesOf(f *dag.Facts) int64 {
	if f.Video != nil && f.Kind == dag.Video {
		return sampleAt(f.Video.FPS, pictures(f))
	}
	return soundLength(f)
}

// storedFormat returns the pixel format in which a result is kept: an image as
// PNG with 8 bits, with alpha if it had any; a picture track as it was, where
// FFV1 can.
func storedFormat(f *dag.Facts) string {
	if f.Kind == dag.Image {
		if hasAlpha(f) {
			return "rgba"
		}
		return "rgb24"
	}
	return ffv1Format(f.Video.PixFmt)
}

// stored is the filter that brings a picture to its storedFormat.
func stored(f *dag.Facts) string {
	if format := storedFormat(f); format != "" {
		return "format=" + format
	}
	return ""
}

// ffv1Format maps the formats of decoders to those that FFV1 keeps. An unknown
// one stays unknown: ffmpeg then takes the nearest that FFV1 has.
func ffv1Format(format string) string {
	switch format {
	case "nv12", "nv21", "yuvj420p":
		return "yuv420p"
	case "yuvj422p", "yuyv422", "uyvy422":
		return "yuv422p"
	case "yuvj444p":
		return "yuv444p"
	case "rgb24", "bgr24", "0rgb", "rgb0", "0bgr", "gbrp":
		return "bgr0"
	case "rgba", "argb", "abgr", "gbrap", "pal8":
		return "bgra"
	case "p010le":
		return "yuv420p10le"
	case "rgb48be", "rgb48le", "gbrpf32le":
		return "gbrp16le"
	case "rgba64be", "rgba64le", "gbrapf32le":
		return "gbrap12le"
	case "gray16be":
		return "gray16le"
	case "monob", "monow", "gray", "ya8":
		return map[bool]string{true: "yuva444p", false: "gray"}[format == "ya8"]
	}
	return format
}

// hasAlpha reports whether some pixels may be transparent.
func hasAlpha(f *dag.Facts) bool {
	format := f.Video.PixFmt
	for _, alpha := range []string{"rgba", "bgra", "argb", "abgr", "yuva", "gbrap", "ya8", "ya16", "pal8"} {
		if strings.HasPrefix(format, alpha) {
			return true
		}
	}
	return false
}

// unsubsampled returns the format in which each pixel has a color of its own,
// for steps that need single pixels; an empty string when format has that.
func unsubsampled(format string) string {
	for _, sub := range []string{"420", "422", "440", "411", "410"} {
		if full := strings.Replace(format, sub, "444", 1); full != format {
			return full
		}
	}
	return ""
}

// imageFacts and videoFacts say what a step makes of a picture of that size.
func imageFacts(width, height int, format string) *dag.Facts {
	return &dag.Facts{Kind: dag.Image, Format: format, Video: &dag.VideoFacts{Width: width, Height: height, Frames: 1}}
}

func videoFacts(width, height int, fps dag.Rate, frames int64) *dag.Facts {
	return &dag.Facts{
		Kind: dag.Video, Format: "matroska", Duration: fps.Seconds(frames),
		Video: &dag.VideoFacts{Codec: "ffv1", Width: width, Height: height, FPS: fps, Frames: frames},
	}
}

// soundFacts is the sound of an intermediate that lasts so many samples.
func soundFacts(channels int, samples int64) *dag.AudioFacts {
	return &dag.AudioFacts{Codec: "pcm_s24le", Rate: ffmpeg.Rate, Channels: channels, Samples: samples}
}

// audioFacts is an intermediate of sound alone.
func audioFacts(channels int, samples int64) *dag.Facts {
	return &dag.Facts{
		Kind: dag.Audio, Format: "matroska", Duration: float64(samples) / ffmpeg.Rate,
		Audio: soundFacts(channels, samples),
	}
}

// pictureFacts is what a picture becomes as an intermediate, or as an image,
// when nothing but its pixels change; see filtering.
func pictureFacts(in *dag.Facts) *dag.Facts {
	v := in.Video
	if in.Kind == dag.Image {
		return imageFacts(v.Width, v.Height, "png")
	}
	out := videoFacts(v.Width, v.Height, v.FPS, pictures(in))
	if in.Audio != nil {
		out.Audio = soundFacts(in.Audio.Channels, samplesOf(in))
	}
	return out
}

// checkPicture refuses an input that is no picture, or whose size or rate is
// not known. which names it in the message.
func checkPicture(in *dag.Facts, which string) error {
	switch {
	case in.Video == nil:
		return fmt.Errorf("%s has no picture", which)
	case in.Kind == dag.Image && (in.Video.Width <= 0 || in.Video.Height <= 0):
		return fmt.Errorf("%s is an image without a size", which)
	case in.Kind == dag.Image:
		return nil
	case pictures(in) <= 0:
		return fmt.Errorf("%s has no frames", which)
	}
	return knownPicture(in)
}

// pictureKind is the Output of types that give a picture as their first input
// is one.
func pictureKind(inputs []dag.Kind) dag.Kind {
	if len(inputs) > 0 && inputs[0] == dag.Image {
		return dag.Image
	}
	return dag.Video
}
