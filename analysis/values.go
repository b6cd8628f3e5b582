package analysis

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/artdag/artdag/dag"
)

// values returns the fields of the probe.
func (r *report) values() map[string]any {
	out := map[string]any{"format": formatName(r.format["format_name"]), "streams": r.list()}
	video, pictures := r.of("video")
	audio, sound := r.of("audio")
	out["has_video"], out["has_audio"] = video != nil, audio != nil
	if audio != nil {
		maps.Copy(out, soundValues(audio, sound))
		out["duration"] = out["audio_duration"]
	}
	if video != nil {
		maps.Copy(out, pictureValues(video, pictures))
	}
	out["kind"] = string(kindOf(out, pictures))
	if out["kind"] == string(dag.Image) {
		for _, field := range []string{"duration", "fps", "rate", "variable"} {
			delete(out, field)
		}
		out["frames"] = 1.0
	}
	return out
}

func (r *report) list() []any {
	out := []any{}
	for _, s := range r.streams {
		out = append(out, map[string]any{
			"index": s.integer("index"), "type": s["codec_type"], "codec": s["codec_name"],
		})
	}
	return out
}

// kindOf tells a still image by its format; a GIF or APNG may be either.
func kindOf(values map[string]any, pictures *track) dag.Kind {
	format := values["format"].(string)
	switch {
	case values["has_video"] != true && values["has_audio"] != true:
		return dag.Data
	case values["has_video"] != true:
		return dag.Audio
	case slices.Contains(stillFormats(), format), (format == "gif" || format == "apng") && pictures.count == 1:
		return dag.Image
	}
	return dag.Video
}

func stillFormats() []string {
	return []string{"png", "jpeg", "webp", "bmp", "tiff", "exr", "ppm", "pgm", "pbm", "pam", "tga", "jpegxl", "j2k", "psd", "qoi", "sgi", "dpx"}
}

// formatName gives the short name for a demuxer's list of names.
func formatName(names string) string {
	if strings.HasPrefix(names, "mov,mp4,") {
		return "mp4"
	}
	first, _, _ := strings.Cut(names, ",")
	return strings.TrimSuffix(first, "_pipe")
}

func soundValues(s section, t *track) map[string]any {
	rate := s.integer("sample_rate")
	out := map[string]any{
		"audio_codec": s["codec_name"], "sample_rate": rate, "channels": s.integer("channels"),
		"audio_duration": round(t.length(), 1e6),
	}
	// A header counts more finely than packets do, and knows of padding.
	if declared, ok := s.number("duration"); ok && declared > 0 && math.Abs(declared-t.length()) < 0.1 {
		out["audio_duration"], out["samples"] = round(declared, 1e6), math.Round(declared*rate)
	}
	return out
}

func pictureValues(s section, t *track) map[string]any {
	width, height, rotation := displayed(s)
	out := map[string]any{
		"video_codec": s["codec_name"], "pix_fmt": s["pix_fmt"], "width": width, "height": height, "rotation": rotation,
		"frames": float64(t.count), "variable": t.variable(), "duration": round(t.length(), 1e6),
	}
	rate := frameRate(s, t)
	if rate.Den == 0 {
		return out
	}
	out["fps"], out["rate"] = rate.Float(), rate.String()
	if !t.variable() {
		// Containers round times; frames at a constant rate are exact.
		out["duration"] = round(rate.Seconds(t.count), 1e6)
	}
	return out
}

// displayed returns the size after sample aspect and rotation, and the
// clockwise rotation in degrees that the file asks for.
func displayed(s section) (width, height, rotation float64) {
	width, height = s.integer("width"), s.integer("height")
	if num, den, ok := strings.Cut(s["sample_aspect_ratio"], ":"); ok {
		n, _ := strconv.ParseUint(num, 10, 31)
		d, _ := strconv.ParseUint(den, 10, 31)
		if n > 0 && d > 0 {
			width = math.Round(width * float64(n) / float64(d))
		}
	}
	// ffprobe counts counter-clockwise.
	if turned, ok := s.number("rotation"); ok {
		rotation = math.Mod(360-math.Mod(math.Round(turned), 360), 360)
	}
	if int(math.Round(rotation/90))%2 == 1 {
		width, height = height, width
	}
	return width, height, rotation
}

// frameRate returns the exact rate that the packets' times are a rounding of:
// the nominal one, or the average one. Where neither fits, as at a variable
// rate, it is the average of what is there.
func frameRate(s section, t *track) dag.Rate {
	interval := t.interval()
	for _, key := range []string{"r_frame_rate", "avg_frame_rate"} {
		declared, err := dag.ParseRate(s[key])
		if err != nil {
			continue
		}
		rate, err := dag.RateOf(declared.Float())
		if err != nil {
			continue
		}
		// Both ends of the span may be rounded to 1 ms.
		if interval == 0 || !t.variable() && math.Abs(rate.Float()*interval-1) < 0.0005+0.001/(t.last-t.first) {
			return rate
		}
	}
	if interval == 0 {
		return dag.Rate{}
	}
	rate, err := dag.RateOf(1 / interval)
	if err != nil {
		return dag.Rate{}
	}
	return rate
}
