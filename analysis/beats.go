package analysis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/artdag/artdag/dag/planner"
)

func beatsFeature() Feature {
	return Feature{
		Name: "beats", Version: 1, Kinds: withSound(), Tools: []string{"ffmpeg", "ffprobe", "aubiotrack"},
		Doc: "When the beats of music fall, in seconds, as aubiotrack hears them; the tempo, in beats per minute, of the median time of eight beats; and downbeats, " +
			"our estimate of the first beat of each bar: every fourth beat, from the one of the first four that makes them the loudest.",
		Fields: map[string]planner.FieldType{
			"beats":     planner.FieldNumbers,
			"tempo":     planner.FieldNumber,
			"downbeats": planner.FieldNumbers,
		},
		measure: beats,
	}
}

func beats(ctx context.Context, s *session) (map[string]any, error) {
	heard, err := s.aubio(ctx, "aubiotrack")
	if err != nil {
		return nil, err
	}
	at := times(heard)
	// One beat has no tempo.
	if len(at) < 2 {
		return nil, s.noBeats(ctx)
	}
	first, err := downbeat(s.wav, at)
	if err != nil {
		return nil, err
	}
	var down []float64
	for i := first; i < len(at); i += beatsPerBar {
		down = append(down, at[i])
	}
	return map[string]any{"beats": list(at), "tempo": tempo(at), "downbeats": list(down)}, nil
}

// noBeats says what the sound is that no beat was found in.
func (s *session) noBeats(ctx context.Context) error {
	last, err := s.r128(ctx)
	if err != nil {
		return err
	}
	loud := fmt.Sprintf("at %.1f LUFS", last["lavfi.r128.I"])
	if last["lavfi.r128.I"] <= gate {
		loud = fmt.Sprintf("all of it below %d LUFS", gate)
	}
	return s.bad("no beats found in %.1f s of sound, %s", s.length(), loud)
}

// tempoSpan is over how many beats an interval is measured: aubio keeps to a
// period that is 1 to 2 percent short and mends it every few beats, which the
// median of single intervals would take for the tempo.
const tempoSpan = 8

// tempo returns beats per minute of the median time that tempoSpan beats take,
// or as many as there are, to 0.01.
func tempo(beats []float64) float64 {
	span := min(tempoSpan, len(beats)-1)
	intervals := make([]float64, len(beats)-span)
	for i := range intervals {
		intervals[i] = (beats[i+span] - beats[i]) / float64(span)
	}
	slices.Sort(intervals)
	middle := len(intervals) / 2
	median := intervals[middle]
	if len(intervals)%2 == 0 {
		median = (median + intervals[middle-1]) / 2
	}
	return round(60/median, 100)
}

// beatsPerBar is what most music has, and all that we claim to know of bars.
const beatsPerBar = 4

// downbeat returns which of the first four beats is the first of a bar: the one
// that makes every fourth beat from it the loudest on average, over 100 ms from
// 25 ms before each.
func downbeat(wav string, beats []float64) (int, error) {
	file, err := os.Open(wav)
	if err != nil {
		return 0, fmt.Errorf("analysis: %w", err)
	}
	defer file.Close()
	start, err := wavData(file)
	if err != nil {
		return 0, fmt.Errorf("analysis: %w", err)
	}
	var sums [beatsPerBar]float64
	var counts [beatsPerBar]int
	window := make([]byte, 2*sampleRate/10)
	for i, at := range beats {
		from := max(0, int64((at-0.025)*sampleRate))
		n, err := file.ReadAt(window, start+2*from)
		// The last window may be cut short by the end.
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("analysis: %w", err)
		}
		sums[i%beatsPerBar] += square(window[:n])
		counts[i%beatsPerBar]++
	}
	best := 0
	for i := range min(beatsPerBar, len(beats)) {
		// The first of equals is best.
		if sums[i]/float64(counts[i]) > sums[best]/float64(counts[best]) {
			best = i
		}
	}
	return best, nil
}

// square returns the mean square of 16 bit samples, full scale is 1.
func square(samples []byte) float64 {
	var out float64
	l := &levels{window: len(samples) / 2, each: func(l level) { out = l.square }}
	if l.window > 0 {
		l.Write(samples)
	}
	return out
}
