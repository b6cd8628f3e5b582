package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// AudioMix adds sounds that start together. The result lasts as long as the
// longest, has as many channels as the input with most, and no picture; of a
// video its sound is taken. With normalize the sum is divided by the sum of the
// gains where that is above 1, so that nothing can clip.
type AudioMix struct{ Declared }

var _ Executor = AudioMix{}

// NewAudioMix returns the type.
func NewAudioMix() AudioMix {
	return AudioMix{Declare(Spec{
		Name: "AUDIO_MIX", Version: 1,
		Doc: "Adds sounds that start together.",
		Arity: dag.Arity{Min: 2, Rest: &dag.Slot{
			Name: "sound", Doc: "sound, or a video whose sound is taken", Kinds: []dag.Kind{dag.Audio, dag.Video},
		}},
		Keys: []Key{
			{Name: "gains", Type: List, Default: []any{}, Elem: &Key{Type: Number, Min: Bound(0), Max: Bound(100)},
				Doc: "how loud each input is, as a factor, in the order of the inputs; what is missing is 1"},
			{Name: "normalize", Type: Boolean, Default: true, Doc: "keep the sum from clipping"},
		},
		Example: "{gains: [1, 0.3]}",
	})}
}

// Normalize drops gains of 1 at the end, so that leaving them out has the same
// identity.
func (m AudioMix) Normalize(config map[string]any) (map[string]any, error) {
	out, err := m.Declared.Normalize(config)
	if err != nil {
		return nil, err
	}
	gains := out["gains"].([]any)
	for n := len(gains); n > 0 && gains[n-1] == 1.0; n-- {
		gains = gains[:n-1]
	}
	out["gains"] = gains
	return out, nil
}

// Output is sound.
func (m AudioMix) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Audio }

type audioMixConfig struct {
	Gains     []float64
	Normalize bool
}

// Expect gives the length of the longest, and refuses an input without sound.
func (m AudioMix) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	facts, _, err := m.plan(config, inputs)
	cost := 0.05
	if facts != nil {
		cost += 0.005 * facts.Duration * float64(len(inputs))
	}
	return dag.Expectation{Facts: facts, Slots: 1, Cost: cost}, err
}

// plan returns nil facts when those of an input are not known.
func (m AudioMix) plan(config map[string]any, inputs []*dag.Facts) (*dag.Facts, []float64, error) {
	c, err := Decode[audioMixConfig](config)
	if err != nil {
		return nil, nil, err
	}
	if len(c.Gains) > len(inputs) {
		return nil, nil, fmt.Errorf("gains has %d elements for %d inputs", len(c.Gains), len(inputs))
	}
	channels, samples := 0, int64(0)
	for i, in := range inputs {
		if in == nil {
			return nil, nil, nil
		}
		if in.Audio == nil {
			return nil, nil, fmt.Errorf("input %d has no sound", i)
		}
		channels, samples = max(channels, in.Audio.Channels), max(samples, samplesOf(in))
	}
	return audioFacts(channels, samples), c.factors(len(inputs)), nil
}

func (c audioMixConfig) factors(n int) []float64 {
	factors, sum := make([]float64, n), 0.0
	for i := range factors {
		factors[i] = 1
		if i < len(c.Gains) {
			factors[i] = c.Gains[i]
		}
		sum += factors[i]
	}
	if c.Normalize && sum > 1 {
		for i := range factors {
			factors[i] /= sum
		}
	}
	return factors
}

// mixedAtOnce bounds how many inputs one call opens; see layersAtOnce.
const mixedAtOnce = 24

// Execute mixes some inputs at a time; the sums between are kept in doubles.
func (m AudioMix) Execute(ctx context.Context, req Request) (Result, error) {
	facts := make([]*dag.Facts, len(req.Inputs))
	for i, in := range req.Inputs {
		facts[i] = in.Facts
	}
	out, gains, err := m.plan(req.Config, facts)
	if err != nil {
		return Result{}, &Failure{Err: err}
	}
	sum := ""
	for from := 0; from < len(gains); from += mixedAtOnce {
		to := min(from+mixedAtOnce, len(gains))
		call := mixCall(req, out, sum, from, to, gains)
		if to == len(gains) {
			return write(ctx, req, call, out)
		}
		sum = filepath.Join(req.Scratch, fmt.Sprintf("sum-%06d.mkv", to))
		call.Maps, call.Output, call.Path = []string{"[out_a]"}, []string{"-c:a", "pcm_f64le", "-f", "matroska"}, sum
		if _, err := call.Run(ctx, req.Run, req.Log, req.Progress); err != nil {
			return Result{}, err
		}
	}
	return Result{}, Invalid("there is nothing to mix")
}

// mixCall adds the inputs from up to to, and the sum of those before. amix adds
// in doubles, which gives the same samples on every CPU; in floats it does not.
func mixCall(req Request, out *dag.Facts, sum string, from, to int, gains []float64) ffmpeg.Call {
	call := ffmpeg.Call{Dir: req.Scratch, Duration: out.Duration}
	var graph []string
	n := out.Audio.Samples
	if sum != "" {
		call.Inputs = append(call.Inputs, ffmpeg.Input{Path: sum})
		graph = append(graph, "[0:a:0]anull[sound_0]")
	}
	for i := from; i < to; i++ {
		k := len(call.Inputs)
		call.Inputs = append(call.Inputs, openInput(req.Inputs[i]))
		graph = append(graph, fmt.Sprintf("%s,aformat=sample_fmts=dblp,volume=%s:precision=double,apad=whole_len=%d,atrim=end_sample=%d[sound_%d]",
			soundFrom(k, req.Inputs[i].Facts, out.Audio.Channels), plain(gains[i]), n, n, k))
	}
	mix := ""
	for k := range call.Inputs {
		mix += fmt.Sprintf("[sound_%d]", k)
	}
	format := "sample_fmts=dbl"
	if to == len(gains) {
		format = "sample_fmts=s32"
	}
	graph = append(graph, fmt.Sprintf("%samix=inputs=%d:normalize=0,aformat=%s[out_a]", mix, len(call.Inputs), format))
	call.Graph = strings.Join(graph, ";")
	return call
}
