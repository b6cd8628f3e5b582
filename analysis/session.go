package analysis

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/sandbox"
)

// session is one call of Measure: the file, where to work, and what is known of
// the file so far. It is used from one goroutine.
type session struct {
	in       Source
	path     string // absolute, links followed: the sandbox shows this file alone
	link     string // to it, from the scratch folder
	before   os.FileInfo
	run      sandbox.Runner
	dir      string
	progress func(string, float64)

	feature string         // being measured
	probe   map[string]any // fields of the probe; nil while it is measured
	wav     string         // mono 44.1 kHz, once made
}

func (a *Analyst) open(in Source, progress func(string, float64)) (*session, func(), error) {
	s := &session{in: in, run: a.Run, progress: progress}
	var err error
	if s.path, err = filepath.Abs(in.Path); err == nil {
		s.path, err = filepath.EvalSymlinks(s.path)
	}
	if err == nil {
		s.before, err = os.Stat(s.path)
	}
	switch {
	case err != nil:
		return nil, nil, &InputError{File: s.name(), Err: err}
	case s.before.IsDir():
		return nil, nil, s.bad("is a folder, not a file")
	case s.before.Size() == 0:
		return nil, nil, s.bad("is empty (0 bytes)")
	}
	dir, remove, err := a.Scratch()
	if err != nil {
		return nil, nil, fmt.Errorf("analysis: make scratch folder: %w", err)
	}
	s.dir = dir
	// Tools guess from names and expand patterns in them. What is measured
	// depends on the bytes alone, so they see a name that says nothing.
	s.link = filepath.Join(dir, "input")
	if err := os.Symlink(s.path, s.link); err != nil {
		remove()
		return nil, nil, fmt.Errorf("analysis: %w", err)
	}
	return s, remove, nil
}

func (s *session) name() string { return filepath.Base(s.in.Path) }

// report tells the part of the feature that is done.
func (s *session) report(done float64) {
	if s.progress != nil {
		s.progress(s.feature, max(0, min(1, done)))
	}
}

// part reports how far seconds are in the sound or, without any, the picture.
func (s *session) part(seconds float64) {
	if total := s.length(); total > 0 {
		s.report(seconds / total)
	}
}

func (s *session) length() float64 {
	if length, ok := s.probe["audio_duration"].(float64); ok {
		return length
	}
	length, _ := s.probe["duration"].(float64)
	return length
}

func (s *session) unchanged() error {
	now, err := os.Stat(s.path)
	if err != nil {
		return &InputError{File: s.name(), Err: err}
	}
	b := s.before
	if !os.SameFile(b, now) || b.Size() != now.Size() || !b.ModTime().Equal(now.ModTime()) {
		return s.bad("changed while it was read: run again when nothing writes to it")
	}
	return nil
}

// isBlend recognises a scene of Blender by its first bytes. A compressed one
// could be anything compressed, so it must have been declared.
func (s *session) isBlend() (bool, error) {
	file, err := os.Open(s.path)
	if err != nil {
		return false, &InputError{File: s.name(), Err: err}
	}
	defer file.Close()
	head := make([]byte, 7)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, &InputError{File: s.name(), Err: err}
	}
	if bytes.Equal(head[:n], []byte("BLENDER")) {
		return true, nil
	}
	if s.in.Kind != dag.Blend {
		return false, nil
	}
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) || bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return true, nil
	}
	return false, s.bad("is not a scene saved by Blender")
}

// minimal is what is known of a file that is not media.
func (s *session) minimal(kind dag.Kind) map[string]any {
	return map[string]any{
		"kind": string(kind), "format": string(kind), "bytes": float64(s.before.Size()),
		"has_video": false, "has_audio": false, "streams": []any{},
	}
}

// fits refuses a file that is not what it was declared to be.
func (s *session) fits(declared dag.Kind) error {
	kind := dag.Kind(s.str("kind"))
	ok := true
	switch declared {
	case dag.Video:
		ok = kind == dag.Video
	case dag.Audio:
		ok = s.probe["has_audio"] == true
	case dag.Image, dag.Images:
		ok = kind == dag.Image
	case dag.Blend:
		ok = kind == dag.Blend
	}
	if !ok {
		return s.bad("was declared as %s, but is %s", declared, s.describe())
	}
	return nil
}
