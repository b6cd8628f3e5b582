package analysis

import "github.com/artdag/artdag/dag"

// FactsOf returns what planning needs of the fields of a probe, or of a
// document that holds them. A document without a probe gives nil.
func FactsOf(values map[string]any) *dag.Facts {
	kind, ok := values["kind"].(string)
	if !ok {
		return nil
	}
	facts := &dag.Facts{
		Kind: dag.Kind(kind), Format: text(values, "format"),
		Duration: number(values, "duration"), Size: int64(number(values, "bytes")),
	}
	if values["has_video"] == true {
		facts.Video = videoFacts(values)
	}
	if values["has_audio"] == true {
		facts.Audio = &dag.AudioFacts{
			Codec: text(values, "audio_codec"), Rate: int(number(values, "sample_rate")),
			Channels: int(number(values, "channels")), Samples: int64(number(values, "samples")),
		}
	}
	return facts
}

func videoFacts(values map[string]any) *dag.VideoFacts {
	// An unknown rate has no text and stays zero.
	rate, _ := dag.ParseRate(text(values, "rate"))
	return &dag.VideoFacts{
		Codec: text(values, "video_codec"), Width: int(number(values, "width")), Height: int(number(values, "height")),
		FPS: rate, Frames: int64(number(values, "frames")), PixFmt: text(values, "pix_fmt"),
	}
}

func text(values map[string]any, field string) string {
	s, _ := values[field].(string)
	return s
}

func number(values map[string]any, field string) float64 {
	n, _ := values[field].(float64)
	return n
}
