package executor

import (
	"context"
	"fmt"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// stretch is a part of a sequence: a whole file that is copied, a cut, or the
// transition from the end of one cut to the start of the next.
type stretch struct {
	copied File // set when packets can be copied
	cuts   []cut
	length int64
	xfade  string // ffmpeg's name of the transition between two cuts
}

// sequence is what a SEQUENCE consists of.
type sequence struct {
	form      form
	stretches []stretch
	overlap   int64 // units that a transition lasts
	xfade     string
}

// sequencePlan lays out the result to the frame, from facts alone.
func sequencePlan(config map[string]any, inputs []File) (*sequence, error) {
	c, err := Decode[sequenceConfig](config)
	if err != nil {
		return nil, err
	}
	s := &sequence{xfade: xfadeName(c.Transition)}
	if s.form, err = c.target(inputs); err != nil {
		return nil, err
	}
	if s.xfade != "" && len(inputs) > 1 {
		s.overlap = max(1, s.form.units(c.Duration))
	}
	for i, in := range inputs {
		if err := s.add(i, len(inputs), in); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add appends the transition into an input and then what of it is shown alone.
func (s *sequence) add(i, n int, in File) error {
	whole, err := wholeOf(in)
	if err != nil {
		return fmt.Errorf("input %d: %w", i, err)
	}
	length := s.form.units(whole.form.seconds(whole.length))
	if s.form.fps == whole.form.fps {
		length = whole.length
	}
	var before, after int64
	if i > 0 {
		before = s.overlap
	}
	if i < n-1 {
		after = s.overlap
	}
	switch body := length - before - after; {
	case length == 0:
		return fmt.Errorf("input %d lasts less than half a frame", i)
	case body < 0:
		return fmt.Errorf("transition: %.3f s of transitions do not fit into input %d, which lasts %.3f s", s.form.seconds(before+after), i, s.form.seconds(length))
	case before > 0:
		s.complete(cut{in: in, length: before, form: s.form})
		fallthrough
	case body > 0:
		s.show(in, before, body, length)
	}
	if after > 0 {
		s.stretches = append(s.stretches, stretch{xfade: s.xfade, length: after,
			cuts: []cut{{in: in, from: length - after, length: after, form: s.form}}})
	}
	return nil
}

// complete gives the transition that was begun its second half.
func (s *sequence) complete(second cut) {
	open := &s.stretches[len(s.stretches)-1]
	open.cuts = append(open.cuts, second)
}

func (s *sequence) show(in File, from, body, length int64) {
	switch {
	case body == 0:
	case body == length && alike(in.Facts, s.form):
		s.stretches = append(s.stretches, stretch{copied: in, length: body})
	default:
		s.stretches = append(s.stretches, stretch{length: body, cuts: []cut{{in: in, from: from, length: body, form: s.form}}})
	}
}

// alike reports whether the packets of a file can stand beside those of the
// form.
func alike(f *dag.Facts, want form) bool {
	if !isIntermediate(f) || (f.Video != nil) != want.hasPicture() || (f.Audio != nil) != (want.channels > 0) {
		return false
	}
	length := int64(0)
	if v := f.Video; v != nil {
		if v.Width != want.width || v.Height != want.height || v.FPS != want.fps || v.PixFmt == "" || v.PixFmt != want.pixFmt {
			return false
		}
		length = v.Frames
	}
	if a := f.Audio; a != nil && f.Video != nil {
		// Sound of another length than its picture would shift what follows.
		off := a.Samples - want.sample(length)
		return a.Channels == want.channels && off >= -2 && off <= 2
	}
	return f.Audio == nil || f.Audio.Channels == want.channels
}

func (s *sequence) facts() *dag.Facts {
	length := int64(0)
	for _, st := range s.stretches {
		length += st.length
	}
	return s.form.facts(length)
}

// cost is that of what is rendered, and a little for each file that is copied.
func (s *sequence) cost() float64 {
	seconds := 0.05
	for _, st := range s.stretches {
		seconds += 0.001
		for range st.cuts {
			seconds += intermediateCost(s.form.facts(st.length))
		}
	}
	return seconds
}

// write makes the stretch at path, unless it is a file already.
func (st stretch) write(ctx context.Context, req Request, path string) (part, error) {
	if len(st.cuts) == 0 {
		return part{st.copied.Path, formOf(st.copied.Facts).seconds(st.length)}, nil
	}
	form := st.cuts[0].form
	combine := ""
	if len(st.cuts) == 2 {
		combine = st.crossing(form)
	}
	return part{path, form.seconds(st.length)}, writeCuts(ctx, req, st.cuts, st.length, path, combine)
}

// crossing is the graph of a transition that lasts as long as both its ends.
func (st stretch) crossing(f form) string {
	graph := ""
	if f.hasPicture() {
		graph = fmt.Sprintf("[v0][v1]xfade=transition=%s:duration=%.6f:offset=0,trim=end_frame=%d%s[v]",
			st.xfade, f.seconds(st.length), st.length, cutBuilder{cut: cut{form: f}}.format())
	}
	if f.channels > 0 {
		if graph != "" {
			graph += ";"
		}
		graph += fmt.Sprintf("[a0][a1]acrossfade=nb_samples=%d:curve1=tri:curve2=tri,%s[a]", f.sample(st.length), ffmpeg.SoundFormat(f.channels))
	}
	return graph
}
