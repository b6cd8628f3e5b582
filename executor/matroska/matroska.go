// Package matroska reads the structure of Matroska and WebM files (RFC 9559)
// without reading their payload, so that checking what a step produced costs
// less than starting another process. It reads and never writes.
//
// Hostile files are expected: no length in a file is believed before it is
// compared with the file's size, and nothing is allocated by one beyond small
// fixed bounds.
package matroska

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// File is what a file holds.
type File struct {
	DocType   string  // "matroska" or "webm"
	Declared  float64 // duration that the header states, in seconds; 0 if none
	Tracks    []Track
	Truncated bool // an element reaches beyond the end of the file
}

// Track is one picture or sound track.
type Track struct {
	Number    uint64
	Type      TrackType
	Codec     string // "V_FFV1"
	Private   []byte // what the decoder needs to start
	FrameTime int64  // nanoseconds a frame lasts; 0 unknown

	Width, Height               int64 // as coded
	DisplayWidth, DisplayHeight int64 // 0: as coded
	DisplayUnit                 int64 // 0: pixels, 3: a ratio, 4: unknown
	Projected                   bool  // turned or spherical

	Rate     float64 // samples per second
	Channels int64
	BitDepth int64

	Frames      int64   // counted, also within laced blocks
	Bytes       int64   // of payload
	First, Last float64 // seconds at which the first and the latest frame start
}

// TrackType tells tracks apart (RFC 9559 section 5.1.4.1.3).
type TrackType uint64

// The types that are of interest.
const (
	Picture TrackType = 1
	Sound   TrackType = 2
)

// ErrFormat reports a file that is no Matroska, or one that cannot be read.
var ErrFormat = errors.New("matroska: not a readable file")

// maxTracks and maxPrivate bound what a file may make us keep.
const (
	maxTracks  = 256
	maxPrivate = 1 << 20
)

// Read walks the whole file of that size.
func Read(r io.ReaderAt, size int64) (*File, error) {
	w := newWalker(r, size)
	err := w.walk(func(track *Track, b Block) error {
		track.add(b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w.finish(), nil
}

// Header reads up to the first block.
func Header(r io.ReaderAt, size int64) (*File, error) {
	w := newWalker(r, size)
	err := w.walk(func(*Track, Block) error { return errStop })
	if err != nil && !errors.Is(err, errStop) {
		return nil, err
	}
	return w.finish(), nil
}

var errStop = errors.New("stop")

func (t *Track) add(b Block) {
	if t.Frames == 0 {
		t.First = b.Seconds
	}
	t.Frames += b.Frames
	t.Bytes += b.Size
	t.Last = max(t.Last, b.Seconds)
}

// Find returns the first track of that type, or nil.
func (f *File) Find(kind TrackType) *Track {
	for i := range f.Tracks {
		if f.Tracks[i].Type == kind {
			return &f.Tracks[i]
		}
	}
	return nil
}

// Is reports whether a file that starts with head is an EBML file.
func Is(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1A, 0x45, 0xDF, 0xA3}) }

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}
