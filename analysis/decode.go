package analysis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/sandbox"
)

// sampleRate is what sound is brought to before it is measured. aubio is tuned
// to it, and windows of 10 and 50 ms are whole samples.
const sampleRate = 44100

// guarded are the options that go before a file of the user's: nothing that it
// names is opened.
func guarded() []string {
	return []string{"-protocol_whitelist", "file,pipe", "-format_whitelist", ffmpeg.Formats}
}

// decode runs ffmpeg over the file. input are options before it, output what
// follows it. The first damaged packet ends it, as it ends a step.
func (s *session) decode(ctx context.Context, input, output []string, stdout io.Writer) error {
	args := append([]string{"-hide_banner", "-nostdin", "-y", "-v", "error", "-xerror"}, guarded()...)
	args = append(append(args, input...), "-i", "file:"+s.link)
	err := s.run.Run(ctx, sandbox.Command{
		Tool: "ffmpeg", Args: append(args, output...), Dir: s.dir, Read: []string{s.path}, Stdout: stdout,
	})
	var exit *sandbox.ExitError
	if errors.As(err, &exit) && exit.Why == "" {
		return s.bad("cannot be decoded: %w", err)
	}
	return err
}

// decodeSound is decode for the first sound track, through an audio filter.
func (s *session) decodeSound(ctx context.Context, filter string, output []string, stdout io.Writer) error {
	if err := s.needSound(); err != nil {
		return err
	}
	return s.decode(ctx, s.soundDecoder(), append([]string{"-map", "0:a:0", "-af", filter}, output...), stdout)
}

// soundDecoder returns the options that a codec needs.
func (s *session) soundDecoder() []string {
	switch s.str("audio_codec") {
	case "mp3":
		// The usual decoder, mp3float, differs between processors.
		return []string{"-c:a", "mp3"}
	case "flac":
		// Every frame has a checksum, which is not compared unless asked for.
		return []string{"-err_detect", "crccheck+explode"}
	}
	return nil
}

// resample brings sound to sampleRate in integers, because floats differ
// between processors, and fills gaps and a late start with silence, so that a
// sample's place tells its time in the file.
const resample = "aresample=osr=44100:tsf=s16p:osf=s16:async=1:first_pts=0"

// mono writes the sound as a mono WAV file for aubio, once a session.
func (s *session) mono(ctx context.Context) (string, error) {
	if s.wav != "" {
		return s.wav, nil
	}
	path := filepath.Join(s.dir, "mono.wav")
	// Decoding is quick beside what aubio does with it; it is not reported.
	err := s.decodeSound(ctx, resample+":ocl=mono",
		[]string{"-c:a", "pcm_s16le", "-rf64", "auto", "-fflags", "+bitexact", "-f", "wav", "file:" + path}, nil)
	if err != nil {
		return "", err
	}
	s.wav = path
	return path, nil
}

// aubio runs one of aubio's tools over the mono sound and returns the times
// that it prints.
func (s *session) aubio(ctx context.Context, tool string) ([]float64, error) {
	wav, err := s.mono(ctx)
	if err != nil {
		return nil, err
	}
	var times []float64
	var bad error
	each := func(line string) {
		at, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if err != nil {
			bad = fmt.Errorf("%s printed %q where a time was expected", tool, line)
			return
		}
		s.part(at)
		times = append(times, at)
	}
	err = s.run.Run(ctx, sandbox.Command{
		Tool: tool, Args: []string{"-i", wav}, Dir: s.dir, Read: []string{wav}, Stdout: &lines{each: each},
	})
	return times, errors.Join(err, bad)
}
