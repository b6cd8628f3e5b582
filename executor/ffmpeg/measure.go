package ffmpeg

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/matroska"
	"github.com/artdag/artdag/executor/sandbox"
)

// Measure returns the facts and the media type of a file. Matroska, WebM, PNG,
// JPEG and .blend files are read in process, without starting one; the rest
// costs one ffprobe. A file that is no media has Kind Data, without an error;
// errors are those of reading, of ctx, and sandbox.ErrMissing.
func Measure(ctx context.Context, run sandbox.Runner, path string) (*dag.Facts, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, "", fmt.Errorf("measure: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", fmt.Errorf("measure: %w", err)
	}
	facts := inProcess(f, info.Size())
	if facts == nil {
		if facts, err = probe(ctx, run, path); err != nil {
			return nil, "", err
		}
	}
	facts.Size = info.Size()
	return facts, mediaType(facts), nil
}

// inProcess returns nil for what it does not know.
func inProcess(f io.ReaderAt, size int64) *dag.Facts {
	var buffer [16]byte
	n, _ := f.ReadAt(buffer[:], 0)
	head := buffer[:n]
	switch {
	case matroska.Is(head):
		return measureMatroska(f, size)
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return measurePNG(f, size)
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		return measureJPEG(f, size)
	case bytes.HasPrefix(head, []byte("BLENDER")):
		return &dag.Facts{Kind: dag.Blend, Format: "blend"}
	case n == 0:
		return &dag.Facts{Kind: dag.Data}
	}
	return nil
}
