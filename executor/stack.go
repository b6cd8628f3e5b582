package executor

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// stack is a base and what lies on it, all numbers in pixels and frames.
type stack struct {
	facts  []*dag.Facts
	placed []placed // by input; the base's is zero
	audio  int      // input whose sound is heard; -1 for none
	out    *dag.Facts
}

// placed is one layer on the base.
type placed struct {
	x, y, width, height int
	opacity             float64
	start, frames       int64 // first frame of the base, and how many at its rate
	delay, samples      int64 // the same for its sound
}

func (l Layer) plan(config map[string]any, facts []*dag.Facts) (*stack, error) {
	c, err := Decode[layerConfig](config)
	if err != nil {
		return nil, err
	}
	if err := c.check(facts); err != nil {
		return nil, err
	}
	s := &stack{facts: facts, placed: make([]placed, len(facts)), audio: -1, out: pictureFacts(facts[0])}
	for i := 1; i < len(facts); i++ {
		p := placement{Opacity: 1, Scale: 1}
		if i < len(c.Layers) {
			p = c.Layers[i]
		}
		if s.placed[i], err = s.place(p, facts[i]); err != nil {
			return nil, fmt.Errorf("layers.%d: %w", i, err)
		}
	}
	return s, s.hear(c.Audio)
}

func (c layerConfig) check(facts []*dag.Facts) error {
	for i, f := range facts {
		if err := checkPicture(f, fmt.Sprintf("input %d", i)); err != nil {
			return err
		}
		if facts[0].Kind == dag.Image && f.Kind != dag.Image {
			return fmt.Errorf("input %d moves and the base is an image; take a base that lasts, such as GENERATE makes", i)
		}
	}
	if len(c.Layers) > len(facts) {
		return fmt.Errorf("layers has settings for %d inputs, there are %d", len(c.Layers), len(facts))
	}
	if len(c.Layers) > 0 {
		b := c.Layers[0]
		zero := position(b.Position[0], 100) == 0 && position(b.Position[1], 100) == 0
		if !zero || b.Opacity != 1 || b.Scale != 1 || b.Start != 0 || b.End != nil {
			return fmt.Errorf("layers.0 is the base, which fills the picture from beginning to end; remove its settings")
		}
	}
	return nil
}

func (s *stack) place(p placement, in *dag.Facts) (placed, error) {
	base := s.out.Video
	out := placed{width: scaled(in.Video.Width, p.Scale), height: scaled(in.Video.Height, p.Scale), opacity: p.Opacity}
	if len(p.Position) == 2 {
		out.x = position(p.Position[0], base.Width-out.width)
		out.y = position(p.Position[1], base.Height-out.height)
	}
	if s.out.Kind == dag.Image {
		if p.Start != 0 || p.End != nil {
			return placed{}, fmt.Errorf("start and end have no meaning on an image")
		}
		out.frames = 1
		return out, nil
	}
	return out, out.time(p, in, base)
}

func (p *placed) time(c placement, in *dag.Facts, base *dag.VideoFacts) error {
	p.start = base.FPS.Frames(c.Start)
	p.frames = base.Frames - p.start
	if p.frames <= 0 {
		return fmt.Errorf("it starts at %.3f s, the base ends at %.3f s", c.Start, base.FPS.Seconds(base.Frames))
	}
	if c.End != nil {
		p.frames = min(p.frames, base.FPS.Frames(*c.End)-p.start)
	}
	if p.frames <= 0 {
		return fmt.Errorf("it ends at %.3f s, before its first frame at %.3f s", *c.End, c.Start)
	}
	if in.Kind == dag.Video {
		p.frames = min(p.frames, max(1, base.FPS.Frames(in.Video.FPS.Seconds(pictures(in)))))
	}
	p.delay = sampleAt(base.FPS, p.start)
	p.samples = sampleAt(base.FPS, p.start+p.frames) - p.delay
	return nil
}

// hear decides the sound. An input 0 without any gives a silent film; another
// input must have some.
func (s *stack) hear(audio int) error {
	s.out.Audio = nil
	switch {
	case audio >= len(s.facts):
		return fmt.Errorf("audio: input %d does not exist, there are %d", audio, len(s.facts))
	case s.out.Kind == dag.Image && audio == 0:
		return nil
	case s.facts[audio].Audio == nil && audio > 0:
		return fmt.Errorf("audio: input %d has no sound", audio)
	case s.facts[audio].Audio == nil:
		return nil
	}
	s.audio = audio
	s.out.Audio = soundFacts(s.facts[audio].Audio.Channels, sampleAt(s.out.Video.FPS, s.out.Video.Frames))
	return nil
}

// lay puts layers from up to to on the base.
func (s *stack) lay(ctx context.Context, req Request, base File, files []File, from, to int) (Result, error) {
	if err := os.MkdirAll(req.Scratch, 0o700); err != nil {
		return Result{}, err
	}
	call := ffmpeg.Call{Inputs: []ffmpeg.Input{openInput(base)}, Dir: req.Scratch, Duration: s.out.Duration}
	graph := []string{pictureFrom(0, base.Facts) + "[base_0]"}
	for i := from; i < to; i++ {
		call.Inputs = append(call.Inputs, openInput(files[i]))
		n := i - from + 1
		graph = append(graph, s.shown(n, i)+fmt.Sprintf("[layer_%d]", n),
			fmt.Sprintf("[base_%d][layer_%d]%s[base_%d]", n-1, n, s.overlay(i), n))
	}
	graph = append(graph, fmt.Sprintf("[base_%d]", to-from)+chain("setsar=1", stored(s.facts[0]))+"[out_v]")
	if s.audio >= 0 {
		graph = append(graph, s.sound(&call, base, files, from))
	}
	call.Graph = strings.Join(graph, ";")
	return write(ctx, req, call, s.out)
}

// shown is the chain of a layer as it appears: size, opacity, time.
func (s *stack) shown(input, i int) string {
	p, fps := s.placed[i], s.out.Video.FPS
	size := fmt.Sprintf("scale=%d:%d,setsar=1", p.width, p.height)
	opacity, time := "", ""
	if p.opacity < 1 {
		format := "yuva444p"
		if s.facts[i].Kind == dag.Image {
			format = "gbrap"
		}
		opacity = fmt.Sprintf("format=%s,lut=c3='val*%s'", format, plain(p.opacity))
	}
	if s.out.Kind == dag.Video {
		time = fmt.Sprintf("settb=AVTB,fps=%s:start_time=0,tpad=stop_mode=clone:stop=%d,trim=end_frame=%d,setpts=PTS+%d",
			fps, s.held(i), p.frames, p.start)
	}
	return chain(pictureFrom(input, s.facts[i]), size, opacity, time)
}

// held is how many frames may be missing at the end: all but one of an image's,
// and one of a film's whose frame rate is another.
func (s *stack) held(i int) int64 {
	if s.facts[i].Kind == dag.Image {
		return s.placed[i].frames
	}
	return 1
}

func (s *stack) overlay(i int) string {
	p := s.placed[i]
	format := overlayFormat(storedFormat(s.facts[0]), p.x%2 != 0 || p.y%2 != 0)
	return fmt.Sprintf("overlay=x=%d:y=%d:format=%s:eof_action=pass:repeatlast=0", p.x, p.y, format)
}

// sound takes the sound in the first call, and carries it on in those after.
func (s *stack) sound(call *ffmpeg.Call, base File, files []File, from int) string {
	total := s.out.Audio.Samples
	if from > 1 || s.audio == 0 {
		return soundOf(0, base.Facts, placed{}, 0, total)
	}
	call.Inputs = append(call.Inputs, openInput(files[s.audio]))
	return soundOf(len(call.Inputs)-1, s.facts[s.audio], s.placed[s.audio], 0, total)
}

// between is the file that one call hands to the next.
func (s *stack) between(path string) File {
	facts := *s.out
	video := *s.out.Video
	video.PixFmt = storedFormat(s.facts[0])
	facts.Video = &video
	return File{Path: path, Facts: &facts}
}
