package analysis

import (
	"context"

	"github.com/artdag/artdag/dag/planner"
)

// A silence is a stretch of at least shortestSilence seconds in which the level
// of each window is below quietest.
const (
	silenceWindow   = 0.01
	shortestSilence = 0.5
	quietest        = 1e-5 // mean square: -50 dB of full scale
)

func silenceFeature() Feature {
	return Feature{
		Name: "silence", Version: 1, Kinds: withSound(), Tools: []string{"ffmpeg", "ffprobe"},
		Doc:     "Where the sound is silent: [start, end] in seconds of each stretch of at least 0.5 s in which every 10 ms stays below -50 dB of full scale. Empty when there is none.",
		Fields:  map[string]planner.FieldType{"silence": planner.FieldPairs},
		measure: silence,
	}
}

func silence(ctx context.Context, s *session) (map[string]any, error) {
	q := quiet{found: []any{}}
	if err := s.levels(ctx, silenceWindow, q.next); err != nil {
		return nil, err
	}
	q.end()
	return map[string]any{"silence": q.found}, nil
}

// quiet gathers silences from levels in order.
type quiet struct {
	windows int     // before the one at hand
	length  float64 // seconds of quiet that end here
	now     float64 // seconds heard
	found   []any
}

func (q *quiet) next(l level) {
	if l.square >= quietest {
		q.end()
	} else {
		q.length += l.part * silenceWindow
	}
	q.windows++
	q.now = (float64(q.windows) - 1 + l.part) * silenceWindow
}

// end closes the stretch before the window at hand.
func (q *quiet) end() {
	if q.length >= shortestSilence-silenceWindow/2 {
		q.found = append(q.found, []any{round(q.now-q.length, 1000), round(q.now, 1000)})
	}
	q.length = 0
}
