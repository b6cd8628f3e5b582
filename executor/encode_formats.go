package executor

import (
	"fmt"
	"math"
	"strconv"

	"github.com/artdag/artdag/dag"
)

// delivery is one format of ENCODE.
type delivery struct {
	codec      string   // as facts name it
	containers []string // the usual one first
	pixFmt     string   // of the picture
	least      int      // pixels that a picture needs in both directions
	sound      bool     // sound alone
	silent     bool     // a picture that cannot have sound
	lossless   bool     // neither quality nor bitrate to choose
	bitrate    bool     // has one to choose
	// worst and best are the values of the encoder's own scale at quality 0
	// and 100; between them it is a straight line.
	worst, best float64
	// threads is a constant, because bytes depend on it.
	threads         int
	pixelsPerSecond float64 // that one slot encodes, for estimates
}

// encoderThreads is for the formats that are slow to make.
const encoderThreads = 8

func deliveries() map[string]delivery {
	return map[string]delivery{
		"h264":   {codec: "h264", containers: []string{"mp4", "mov", "mkv"}, pixFmt: "yuv420p", least: 16, bitrate: true, worst: 40, best: 10, threads: encoderThreads, pixelsPerSecond: 40e6},
		"h265":   {codec: "hevc", containers: []string{"mp4", "mov", "mkv"}, pixFmt: "yuv420p", least: 16, bitrate: true, worst: 42, best: 12, threads: encoderThreads, pixelsPerSecond: 10e6},
		"vp9":    {codec: "vp9", containers: []string{"webm", "mkv", "mp4"}, pixFmt: "yuv420p", least: 2, bitrate: true, worst: 55, best: 15, threads: encoderThreads, pixelsPerSecond: 8e6},
		"av1":    {codec: "av1", containers: []string{"mp4", "webm", "mkv"}, pixFmt: "yuv420p", least: 64, bitrate: true, worst: 58, best: 18, threads: encoderThreads, pixelsPerSecond: 15e6},
		"prores": {codec: "prores", containers: []string{"mov", "mkv"}, pixFmt: "yuv422p10le", least: 16, worst: 0, best: 4, threads: 1, pixelsPerSecond: 20e6},
		"gif":    {codec: "gif", containers: []string{"gif"}, pixFmt: "pal8", silent: true, worst: 16, best: 256, threads: 1, pixelsPerSecond: 20e6},
		"mp3":    {codec: "mp3", containers: []string{"mp3"}, sound: true, bitrate: true, worst: 9, best: 0, threads: 1},
		"flac":   {codec: "flac", containers: []string{"flac"}, sound: true, lossless: true, threads: 1},
		"wav":    {codec: "pcm_s24le", containers: []string{"wav"}, sound: true, lossless: true, threads: 1},
	}
}

func formatNames() []string {
	return []string{"h264", "h265", "vp9", "av1", "prores", "gif", "mp3", "flac", "wav"}
}

// mediaTypes names containers to the world, by what they hold.
func mediaTypes() map[string]map[dag.Kind]string {
	return map[string]map[dag.Kind]string{
		"mp4": {dag.Video: "video/mp4"}, "mov": {dag.Video: "video/quicktime"}, "mkv": {dag.Video: "video/x-matroska"},
		"webm": {dag.Video: "video/webm"}, "gif": {dag.Video: "image/gif"}, "mp3": {dag.Audio: "audio/mpeg"},
		"flac": {dag.Audio: "audio/flac"}, "wav": {dag.Audio: "audio/wav"},
	}
}

// scaled is the quality on the encoder's own scale.
func (e *encoding) scaled() float64 {
	return e.worst + (e.best-e.worst)*e.Quality/100
}

func (e *encoding) gifColors() int { return int(math.Round(e.scaled())) }

// options are the output options. Each line is pinned by the determinism test:
// threads, tiles, row threading and what encoders write about the machine all
// change bytes.
func (e *encoding) options() []string {
	var options []string
	switch e.Format {
	case "h264":
		options = append(e.rate("-crf"), "-c:v", "libx264", "-preset", "medium", "-x264-params", "cpu-independent=1")
	case "h265":
		options = append(e.rate("-crf"), "-c:v", "libx265", "-preset", "medium", "-tag:v", "hvc1",
			"-x265-params", "info=0:wpp=1:frame-threads=2:pools=8:log-level=error")
	case "vp9":
		options = append(e.rate("-crf"), "-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "3", "-row-mt", "1", "-tile-columns", "1", "-g", "240")
	case "av1":
		options = e.av1()
	case "prores":
		options = []string{"-c:v", "prores_ks", "-profile:v", strconv.Itoa(min(3, int(e.scaled()))), "-vendor", "apl0"}
	case "gif":
		options = []string{"-c:v", "gif", "-loop", "0"}
	}
	options = append(options, e.soundOptions()...)
	if e.Container == "mp4" || e.Container == "mov" {
		options = append(options, "-movflags", "+faststart")
	}
	return append(options, "-f", muxer(e.Container))
}

// rate is the option for quality, or for bitrate.
func (e *encoding) rate(quality string) []string {
	if e.Bitrate > 0 {
		return []string{"-b:v", strconv.FormatInt(e.Bitrate, 10)}
	}
	options := []string{quality, strconv.Itoa(int(math.Round(e.scaled())))}
	if e.Format == "vp9" {
		options = append(options, "-b:v", "0")
	}
	return options
}

// av1 with a bitrate is only repeatable with one logical processor.
func (e *encoding) av1() []string {
	processors := encoderThreads
	if e.Bitrate > 0 {
		processors = 1
	}
	return append(e.rate("-crf"), "-c:v", "libsvtav1", "-preset", "8", "-g", "240", "-svtav1-params", fmt.Sprintf("lp=%d", processors))
}

// soundCodec of the delivery, as facts name it.
func (e *encoding) soundCodec() string {
	switch {
	case e.sound:
		return e.codec
	case e.Container == "webm":
		return "opus"
	case e.Format == "prores":
		return "pcm_s24le"
	}
	return "aac"
}

func (e *encoding) soundOptions() []string {
	if e.whole.form.channels == 0 {
		return []string{"-an"}
	}
	switch e.soundCodec() {
	case "aac":
		return []string{"-c:a", "aac", "-b:a", strconv.Itoa(96000 * e.whole.form.channels)}
	case "opus":
		return []string{"-c:a", "libopus", "-b:a", strconv.Itoa(64000 * e.whole.form.channels)}
	case "flac":
		// The other predictors differ between SIMD and C.
		return []string{"-c:a", "flac", "-lpc_type", "fixed", "-sample_fmt", "s32", "-bits_per_raw_sample", "24"}
	case "mp3":
		if e.Bitrate > 0 {
			return []string{"-c:a", "libmp3lame", "-b:a", strconv.FormatInt(e.Bitrate, 10)}
		}
		return []string{"-c:a", "libmp3lame", "-q:a", strconv.Itoa(int(math.Round(e.scaled())))}
	}
	return []string{"-c:a", "pcm_s24le"}
}

// muxer is ffmpeg's name of a container.
func muxer(container string) string {
	if container == "mkv" {
		return "matroska"
	}
	return container
}
