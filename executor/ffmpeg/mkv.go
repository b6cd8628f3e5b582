package ffmpeg

import (
	"io"
	"math"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/matroska"
)

// measureMatroska reads a Matroska or WebM file in process; nil when it holds
// something that only ffprobe knows.
func measureMatroska(r io.ReaderAt, size int64) *dag.Facts {
	file, err := matroska.Read(r, size)
	if err != nil {
		return nil
	}
	facts := &dag.Facts{Format: file.DocType, Duration: file.Declared}
	if v := file.Find(matroska.Picture); v != nil {
		if facts.Video = matroskaPicture(v); facts.Video == nil {
			return nil
		}
	}
	if a := file.Find(matroska.Sound); a != nil {
		facts.Audio = matroskaSound(a, file.Declared)
	}
	setKind(facts)
	facts.Duration = matroskaLength(file, facts)
	return facts
}

// matroskaLength is what is really there, where that can be told; the header's
// word otherwise.
func matroskaLength(file *matroska.File, facts *dag.Facts) float64 {
	var counted float64
	for _, t := range file.Tracks {
		end := t.Last
		switch {
		case t.Type == matroska.Picture && facts.Video != nil:
			end += facts.Video.FPS.Seconds(1)
		case t.Type == matroska.Sound && facts.Audio != nil && isPCM(facts.Audio.Codec):
			end = t.First + float64(facts.Audio.Samples)/float64(facts.Audio.Rate)
		}
		counted = max(counted, end)
	}
	if facts.Video == nil && facts.Audio != nil && isPCM(facts.Audio.Codec) || file.Declared == 0 || file.Truncated {
		return counted
	}
	// Coded sound ends up to a packet after the start of its last one.
	if math.Abs(counted-file.Declared) < 0.2 {
		return file.Declared
	}
	return counted
}

func isPCM(codec string) bool { return strings.HasPrefix(codec, "pcm_") }

// matroskaPicture returns nil for pictures that are turned, or whose codec is
// not known here.
func matroskaPicture(t *matroska.Track) *dag.VideoFacts {
	codec, known := map[string]string{
		"V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "hevc", "V_VP8": "vp8", "V_VP9": "vp9", "V_AV1": "av1",
	}[t.Codec]
	if t.IsFFV1() {
		codec, known = "ffv1", true
	}
	if !known || t.Projected || t.DisplayUnit > 3 || t.Width <= 0 || t.Height <= 0 || t.Width > 1<<16 || t.Height > 1<<16 {
		return nil
	}
	v := &dag.VideoFacts{Codec: codec, Width: int(t.Width), Height: int(t.Height), Frames: t.Frames, FPS: matroskaRate(t), PixFmt: t.FFV1PixFmt()}
	if t.DisplayWidth > 0 && t.DisplayHeight > 0 {
		v.Width = int(math.Round(float64(t.Height) * float64(t.DisplayWidth) / float64(t.DisplayHeight)))
	}
	return v
}

// matroskaRate believes the stated frame time unless the frames were counted
// to be spaced otherwise, by more than one in a hundred.
func matroskaRate(t *matroska.Track) dag.Rate {
	stated := 0.0
	if t.FrameTime > 0 {
		stated = 1e9 / float64(t.FrameTime)
	}
	if span := t.Last - t.First; span > 0 {
		counted := float64(t.Frames - 1)
		if stated == 0 || math.Abs(span*stated-counted) > max(1, counted/100) {
			stated = counted / span
		}
	}
	rate, err := dag.RateOf(stated)
	if err != nil {
		return dag.Rate{}
	}
	return rate
}

func matroskaSound(t *matroska.Track, declared float64) *dag.AudioFacts {
	a := &dag.AudioFacts{Codec: soundCodec(t), Rate: int(t.Rate), Channels: int(max(t.Channels, 1))}
	if width := t.Channels * t.BitDepth / 8; isPCM(a.Codec) && width > 0 {
		a.Samples = t.Bytes / width
	} else {
		a.Samples = int64(math.Round(declared * t.Rate))
	}
	return a
}

func soundCodec(t *matroska.Track) string {
	switch {
	case t.Codec == "A_PCM/INT/LIT" && (t.BitDepth == 16 || t.BitDepth == 24 || t.BitDepth == 32):
		return map[int64]string{16: "pcm_s16le", 24: "pcm_s24le", 32: "pcm_s32le"}[t.BitDepth]
	case t.Codec == "A_PCM/FLOAT/IEEE":
		return "pcm_f32le"
	case t.Codec == "A_MPEG/L3":
		return "mp3"
	case strings.HasPrefix(t.Codec, "A_AAC"):
		return "aac"
	}
	return strings.ToLower(strings.TrimPrefix(t.Codec, "A_"))
}
