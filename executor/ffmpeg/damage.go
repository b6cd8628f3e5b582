package ffmpeg

import (
	"bytes"
	"errors"
	"io"
)

// errDamaged is a picture whose checksum is wrong.
var errDamaged = errors.New("ffmpeg: the input is damaged: a checksum in its picture does not match")

// damageWatch passes ffmpeg's messages on and looks for the one case in which
// a message is all there is: the decoder of FFV1 finds a wrong checksum,
// conceals the damage and goes on, whatever it is told (ffmpeg 5.1).
type damageWatch struct {
	io.Writer
	seen bool
	rest []byte
}

func (d *damageWatch) Write(data []byte) (int, error) {
	const message = "slice CRC mismatch"
	d.rest = append(d.rest, data...)
	d.seen = d.seen || bytes.Contains(d.rest, []byte(message))
	d.rest = append(d.rest[:0], d.rest[max(0, len(d.rest)-len(message)):]...)
	if d.Writer == nil {
		return len(data), nil
	}
	return d.Writer.Write(data)
}
