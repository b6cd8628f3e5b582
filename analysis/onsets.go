package analysis

import (
	"context"

	"github.com/artdag/artdag/dag/planner"
)

func onsetsFeature() Feature {
	return Feature{
		Name: "onsets", Version: 1, Kinds: withSound(), Tools: []string{"ffmpeg", "ffprobe", "aubioonset"},
		Doc:     "When notes and hits begin, in seconds, as aubioonset hears them. Empty when nothing begins.",
		Fields:  map[string]planner.FieldType{"onsets": planner.FieldNumbers},
		measure: onsets,
	}
}

func onsets(ctx context.Context, s *session) (map[string]any, error) {
	heard, err := s.aubio(ctx, "aubioonset")
	if err != nil {
		return nil, err
	}
	return map[string]any{"onsets": list(times(heard))}, nil
}
