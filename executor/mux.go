package executor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// Mux puts sound under a picture, in place of the sound that the picture may
// have. The packets of an intermediate's picture are copied.
//
// With shortest the result ends with the shorter of the two, at a whole frame.
// Without it the other one goes on: silence follows the sound, or the last
// picture is held.
type Mux struct{ Declared }

var _ Executor = Mux{}

// NewMux returns the type.
func NewMux() Mux {
	return Mux{Declare(Spec{
		Name: "MUX", Version: 1,
		Doc: "Puts sound under a picture, in place of its own.",
		Arity: dag.Arity{Slots: []dag.Slot{
			{Name: "video", Doc: "the picture", Kinds: []dag.Kind{dag.Video}},
			{Name: "audio", Doc: "the sound", Kinds: []dag.Kind{dag.Audio, dag.Video}},
		}},
		Keys: []Key{
			{Name: "shortest", Type: Boolean, Default: true, Doc: "end with the shorter of the two"},
			{Name: "offset", Type: Number, Unit: "s", Default: 0.0, Min: Bound(-86400), Max: Bound(86400),
				Doc: "how much of the sound's start is skipped; negative: how much silence comes first"},
		},
		Example: "{offset: 1.25}",
	})}
}

// Output is a picture.
func (Mux) Output(map[string]any, []dag.Kind) dag.Kind { return dag.Video }

type muxConfig struct {
	Shortest bool
	Offset   float64
}

// muxing is what a MUX comes to: so many frames, of which the input has
// enough or the last is held, over sound that starts after a silence.
type muxing struct {
	picture, sound cut
	silence        int64 // samples before the sound
	form           form
}

func muxPlan(config map[string]any, video, audio File) (*muxing, error) {
	c, err := Decode[muxConfig](config)
	if err != nil {
		return nil, err
	}
	whole, err := wholeOf(video)
	switch {
	case err != nil:
		return nil, fmt.Errorf("video: %w", err)
	case video.Facts.Video == nil:
		return nil, fmt.Errorf("video: the input has no picture")
	case audio.Facts.Audio == nil:
		return nil, fmt.Errorf("audio: the input has no sound")
	}
	m := &muxing{picture: whole, form: whole.form, sound: cut{in: audio, from: max(0, samplesIn(c.Offset))}}
	m.silence = max(0, -samplesIn(c.Offset))
	left := soundLength(audio.Facts) - m.sound.from
	if left <= 0 {
		return nil, fmt.Errorf("offset: %v s are skipped, but the sound lasts %.3f s", c.Offset, float64(soundLength(audio.Facts))/ffmpeg.Rate)
	}
	m.form.channels = audio.Facts.Audio.Channels
	m.sound.form, m.picture.form.channels = form{channels: m.form.channels}, 0
	return m, m.settle(left+m.silence, c.Shortest)
}

// settle decides how long the result is; available is the sound, in samples.
func (m *muxing) settle(available int64, shortest bool) error {
	frames := available * m.form.fps.Num / (m.form.fps.Den * ffmpeg.Rate)
	if !shortest && m.form.sample(frames) < available {
		frames++
	}
	if shortest == (frames < m.picture.length) {
		m.picture.length = frames
	}
	if m.picture.length == 0 {
		return fmt.Errorf("the sound is shorter than one frame")
	}
	m.sound.length = m.form.sample(m.picture.length) - m.silence
	return nil
}

// Expect refuses an offset beyond the sound.
func (Mux) Expect(config map[string]any, inputs []*dag.Facts) (dag.Expectation, error) {
	if inputs[0] == nil || inputs[1] == nil {
		return dag.Expectation{Slots: 1, Cost: 1}, nil
	}
	m, err := muxPlan(config, File{Facts: inputs[0]}, File{Facts: inputs[1]})
	if err != nil {
		return dag.Expectation{}, err
	}
	facts := m.form.facts(m.picture.length)
	cost := 0.1
	if !m.copies() {
		cost = intermediateCost(facts)
	}
	return dag.Expectation{Facts: facts, Slots: 1, Cost: cost}, nil
}

// copies reports whether the picture needs no coding.
func (m *muxing) copies() bool {
	return isIntermediate(m.picture.in.Facts) && m.picture.length <= m.picture.in.Facts.Video.Frames
}

// Execute writes both into one file.
func (Mux) Execute(ctx context.Context, req Request) (Result, error) {
	m, err := muxPlan(req.Config, req.Inputs[0], req.Inputs[1])
	if err != nil {
		return Result{}, Invalid("%w", err)
	}
	path := filepath.Join(req.Scratch, "output.mkv")
	return Result{Path: path}, seeking(ctx, req, m.sound.seek() > 0, func(seek bool) error {
		call, err := m.call(req, seek)
		if err != nil {
			return err
		}
		call.Path, call.Duration = path, m.form.seconds(m.picture.length)
		_, err = call.Run(ctx, req.Run, req.Log, req.Progress)
		return err
	})
}

func (m *muxing) call(req Request, seek bool) (ffmpeg.Call, error) {
	call := ffmpeg.Call{Output: ffmpeg.IntermediateOf(m.form.width, m.form.height), Dir: req.Scratch, Maps: []string{"[v]", "[a]"}}
	var graphs []string
	var err error
	if m.copies() {
		// The limit is put half a frame early, where rounding cannot reach it.
		limit := fmt.Sprintf("%.6f", m.form.fps.Seconds(2*m.picture.length-1)/2)
		call.Inputs = []ffmpeg.Input{{Path: m.picture.in.Path, Options: []string{"-t", limit}}}
		call.Maps[0], call.Output = "0:v:0", ffmpeg.CopiedPicture()
	} else if graphs, err = (cutBuilder{cut: m.picture, call: &call}).build(); err != nil {
		return call, err
	}
	sound, err := m.soundGraphs(&call, seek)
	call.Graph = strings.Join(append(graphs, sound...), ";")
	return call, err
}

// soundGraphs puts the silence before the sound; a sound that starts after the
// picture ends is silence alone.
func (m *muxing) soundGraphs(call *ffmpeg.Call, seek bool) ([]string, error) {
	if m.sound.length <= 0 {
		b := cutBuilder{cut: cut{length: m.form.sample(m.picture.length), form: m.sound.form}}
		return []string{b.silence()}, nil
	}
	b := cutBuilder{cut: m.sound, call: call, label: "s"}
	if seek {
		b.seek = m.sound.seek()
	}
	graphs, err := b.build()
	return append(graphs, fmt.Sprintf("[as]adelay=%dS:all=1,%s[a]", m.silence, ffmpeg.SoundFormat(m.form.channels))), err
}
