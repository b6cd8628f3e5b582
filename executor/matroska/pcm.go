package matroska

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// CopyPCM writes n samples of the first sound track, from sample first on, as
// they are: little-endian, channels interleaved. It counts samples rather than
// believing timestamps, which Matroska rounds to a millisecond. It returns how
// many samples there were, at most n. The track must be integer PCM without
// lacing, or it is an error.
func CopyPCM(dst io.Writer, r io.ReaderAt, size, first, n int64) (int64, error) {
	c := pcmCopier{dst: dst, r: r, first: first, end: first + n}
	err := newWalker(r, size).walk(c.visit)
	if err != nil && !errors.Is(err, errStop) {
		return c.written, err
	}
	return c.written, nil
}

type pcmCopier struct {
	dst                       io.Writer
	r                         io.ReaderAt
	first, end, seen, written int64
	number                    uint64 // of the first sound track
	buffer                    []byte
}

func (c *pcmCopier) visit(t *Track, b Block) error {
	if t.Type != Sound || c.number != 0 && t.Number != c.number {
		return nil
	}
	c.number = t.Number
	width := t.Channels * t.BitDepth / 8
	if !strings.HasPrefix(t.Codec, "A_PCM/INT/LIT") || width <= 0 || b.Frames != 1 {
		return fmt.Errorf("matroska: the sound is %s, not plain PCM", t.Codec)
	}
	samples := b.Size / width
	from, to := max(c.first-c.seen, 0), min(c.end-c.seen, samples)
	c.seen += samples
	if from < to {
		if err := c.copy(b.Offset+from*width, (to-from)*width); err != nil {
			return err
		}
		c.written += to - from
	}
	if c.seen >= c.end {
		return errStop
	}
	return nil
}

// copy moves size bytes of the file by pieces of at most 64 KiB.
func (c *pcmCopier) copy(offset, size int64) error {
	if c.buffer == nil {
		c.buffer = make([]byte, 64<<10)
	}
	_, err := io.CopyBuffer(struct{ io.Writer }{c.dst}, io.NewSectionReader(c.r, offset, size), c.buffer)
	return err
}
