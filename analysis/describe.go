package analysis

import (
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
)

// describe says what the file is: "a video (mp4, h264 640x360, no sound, 2.0 s)".
func (s *session) describe() string {
	kind := s.str("kind")
	article := "a "
	if strings.IndexByte("aeiou", (kind + " ")[0]) >= 0 {
		article = "an "
	}
	switch dag.Kind(kind) {
	case dag.Blend:
		return "a scene of Blender"
	case dag.Data:
		return "a file without picture or sound"
	}
	parts := []string{s.str("format"), s.describePicture()}
	if kind != string(dag.Image) {
		parts = append(parts, s.describeSound())
	}
	if length, ok := s.probe["duration"].(float64); ok {
		parts = append(parts, fmt.Sprintf("%.1f s", length))
	}
	return article + kind + " (" + strings.Join(parts, ", ") + ")"
}

func (s *session) describePicture() string {
	if s.probe["has_video"] != true {
		return "no picture"
	}
	return fmt.Sprintf("%s %vx%v", s.str("video_codec"), s.probe["width"], s.probe["height"])
}

func (s *session) describeSound() string {
	if s.probe["has_audio"] != true {
		return "no sound"
	}
	return fmt.Sprintf("%s %v Hz", s.str("audio_codec"), s.probe["sample_rate"])
}

func (s *session) str(field string) string {
	text, _ := s.probe[field].(string)
	return text
}

// needSound and needPicture refuse a file without what a feature measures.
func (s *session) needSound() error {
	if s.probe["has_audio"] != true {
		return s.bad("has no sound to measure: it is %s", s.describe())
	}
	return nil
}

func (s *session) needPicture() error {
	if s.str("kind") != string(dag.Video) {
		return s.bad("has no moving picture: it is %s", s.describe())
	}
	return nil
}
