package analysis

import (
	"context"
	"math"

	"github.com/artdag/artdag/dag/planner"
)

// gate is the absolute gate of EBU R128 (ITU-R BS.1770): blocks of 400 ms below
// it do not count, and ffmpeg gives it as the loudness of sound without others.
const gate = -70

func loudnessFeature() Feature {
	return Feature{
		Name: "loudness", Version: 1, Kinds: withSound(), Tools: []string{"ffmpeg", "ffprobe"},
		Doc: "EBU R128: integrated loudness in LUFS, loudness range in LU, and true peak in dBTP, each to 0.1.",
		Fields: map[string]planner.FieldType{
			"loudness":       planner.FieldNumber,
			"loudness_range": planner.FieldNumber,
			"true_peak":      planner.FieldNumber,
		},
		measure: loudness,
	}
}

func loudness(ctx context.Context, s *session) (map[string]any, error) {
	last, err := s.r128(ctx)
	if err != nil {
		return nil, err
	}
	integrated := last["lavfi.r128.I"]
	if integrated <= gate {
		return nil, s.bad("has no loudness: no 0.4 s of its %.1f s of sound is above %d LUFS", s.length(), gate)
	}
	return map[string]any{
		"loudness":       round(integrated, 10),
		"loudness_range": round(last["lavfi.r128.LRA"], 10),
		"true_peak":      round(20*math.Log10(last["lavfi.r128.true_peak"]), 10),
	}, nil
}

// r128 returns the last values of ffmpeg's ebur128, which are those of the
// whole sound. Silence has the gate as its loudness.
func (s *session) r128(ctx context.Context) (map[string]float64, error) {
	var last map[string]float64
	heard := 0
	f := &frames{base: 1, each: func(_ float64, values map[string]float64) {
		last = values
		heard++
		// The filter gives a frame for each 100 ms.
		s.part(float64(heard) / 10)
	}}
	err := s.decodeSound(ctx, "ebur128=peak=true:metadata=1:framelog=verbose,ametadata=print:file=-",
		[]string{"-f", "null", "-"}, &lines{each: f.line})
	if err != nil {
		return nil, err
	}
	f.flush()
	if _, ok := last["lavfi.r128.I"]; !ok {
		return map[string]float64{"lavfi.r128.I": gate}, nil
	}
	return last, nil
}
