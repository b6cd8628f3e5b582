package analysis

import (
	"context"
	"errors"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/dag/planner"
	"github.com/artdag/artdag/executor/sandbox"
)

func probeFeature() Feature {
	return Feature{
		Name: "probe", Version: 1, Tools: []string{"ffprobe", "ffmpeg"},
		Kinds: []dag.Kind{dag.Video, dag.Audio, dag.Image, dag.Images, dag.Blend, dag.Data},
		Doc: "What the file is. duration is that of the picture, or of the sound where there is no picture; size is as displayed, after rotation and sample aspect; " +
			"fps is the average where variable is true. What does not apply is absent. A file that was cut short is an error.",
		Fields: map[string]planner.FieldType{
			"kind": planner.FieldString, "format": planner.FieldString, "bytes": planner.FieldNumber, "streams": planner.FieldObjects,
			"duration": planner.FieldNumber, "has_video": planner.FieldBoolean, "has_audio": planner.FieldBoolean,
			"width": planner.FieldNumber, "height": planner.FieldNumber, "rotation": planner.FieldNumber,
			"fps": planner.FieldNumber, "rate": planner.FieldString, "variable": planner.FieldBoolean, "frames": planner.FieldNumber,
			"video_codec": planner.FieldString, "pix_fmt": planner.FieldString,
			"audio_codec": planner.FieldString, "audio_duration": planner.FieldNumber,
			"sample_rate": planner.FieldNumber, "channels": planner.FieldNumber, "samples": planner.FieldNumber,
		},
		measure: probe,
	}
}

func probe(ctx context.Context, s *session) (map[string]any, error) {
	r := &report{tracks: make(map[string]*track)}
	size := float64(s.before.Size())
	r.seen = func(pos float64) { s.report(pos / size) }
	err := s.run.Run(ctx, sandbox.Command{
		Tool: "ffprobe", Dir: s.dir, Read: []string{s.path}, Stdout: &lines{each: r.line},
		Args: append(append([]string{"-hide_banner", "-v", "error"}, guarded()...),
			"-show_entries", entries, "-of", "compact", "file:"+s.link),
	})
	var exit *sandbox.ExitError
	if errors.As(err, &exit) && exit.Why == "" {
		return nil, s.unreadable(exit)
	}
	if err != nil {
		return nil, err
	}
	for _, t := range r.tracks {
		t.finish()
	}
	values := r.values()
	values["bytes"] = size
	return values, s.whole(ctx, r, values)
}

// unreadable says in ffprobe's last words why a file cannot be read.
func (s *session) unreadable(exit *sandbox.ExitError) error {
	why := "no reason given"
	if n := len(exit.Tail); n > 0 {
		why = strings.TrimPrefix(exit.Tail[n-1], "file:"+s.link+": ")
	}
	return s.bad("cannot be read as picture or sound (playlists are refused; a file cut short may read like this): ffprobe: %s", why)
}

// whole refuses a file that is cut short or holds nothing.
func (s *session) whole(ctx context.Context, r *report, values map[string]any) error {
	if values["has_video"] != true && values["has_audio"] != true {
		return s.bad("holds neither a picture nor sound (%s)", values["format"])
	}
	if values["kind"] == string(dag.Image) {
		return s.decodeImage(ctx)
	}
	if err := s.compare(r); err != nil {
		return err
	}
	for _, kind := range []string{"video", "audio"} {
		if stream, t := r.of(kind); stream != nil && t.count == 0 {
			return s.bad("declares a %s track (%s), but holds nothing of it", kind, stream["codec_name"])
		}
	}
	return nil
}

// decodeImage decodes a still image strictly: one that was cut short has all
// its facts in its header.
func (s *session) decodeImage(ctx context.Context) error {
	return s.decode(ctx, []string{"-err_detect", "explode"}, []string{"-map", "0:V:0", "-f", "null", "-"}, nil)
}
