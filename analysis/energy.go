package analysis

import (
	"context"

	"github.com/artdag/artdag/dag/planner"
)

// energyStep is the length of a window of energy, in seconds.
const energyStep = 0.05

func energyFeature() Feature {
	return Feature{
		Name: "energy", Version: 1, Kinds: withSound(), Tools: []string{"ffmpeg", "ffprobe"},
		Doc: "How loud each 50 ms of the sound is: the root of the mean square of all samples of all channels, 0 to 1 (a full-scale sine is 0.7071).",
		Fields: map[string]planner.FieldType{
			"energy":      planner.FieldNumbers,
			"energy_step": planner.FieldNumber,
		},
		measure: energy,
	}
}

func energy(ctx context.Context, s *session) (map[string]any, error) {
	var values []float64
	err := s.levels(ctx, energyStep, func(l level) { values = append(values, round(l.rms(), 1e4)) })
	if err != nil {
		return nil, err
	}
	return map[string]any{"energy": list(values), "energy_step": energyStep}, nil
}
