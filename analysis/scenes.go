package analysis

import (
	"context"

	"github.com/artdag/artdag/dag/planner"
)

// sceneThreshold is the score of ffmpeg's scdet, 0 to 100, from which a frame
// begins a scene; 10 is its authors' choice for general footage.
const sceneThreshold = 10

func scenesFeature() Feature {
	return Feature{
		Name: "scenes", Version: 1, Kinds: withPicture(), Tools: []string{"ffmpeg", "ffprobe"},
		Doc:     "When the picture cuts to another scene: the time in seconds of the first frame of each scene but the first. Empty when it never cuts.",
		Fields:  map[string]planner.FieldType{"scenes": planner.FieldNumbers},
		measure: scenes,
	}
}

func scenes(ctx context.Context, s *session) (map[string]any, error) {
	if err := s.needPicture(); err != nil {
		return nil, err
	}
	total, _ := s.probe["duration"].(float64)
	seen := 0
	var cuts []float64
	f := &frames{base: 1e-6, each: func(at float64, values map[string]float64) {
		seen++
		if total > 0 {
			s.report(at / total)
		}
		if values["lavfi.scd.score"] >= sceneThreshold {
			cuts = append(cuts, at)
		}
	}}
	// settb makes a tick of pts a microsecond.
	err := s.decode(ctx, nil, []string{"-map", "0:V:0", "-vf", "settb=AVTB,scdet=threshold=100,metadata=print:file=-",
		"-f", "null", "-"}, &lines{each: f.line})
	if err != nil {
		return nil, err
	}
	f.flush()
	if seen == 0 {
		return nil, s.bad("has a picture track without a single frame that can be decoded")
	}
	return map[string]any{"scenes": list(times(cuts))}, nil
}
