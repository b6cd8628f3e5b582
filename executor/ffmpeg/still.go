package ffmpeg

import (
	"encoding/binary"
	"io"

	"github.com/artdag/artdag/dag"
)

// measurePNG reads the header of a PNG file (PNG specification section 11.2.2)
// and sees that its last chunk is the last: IEND.
func measurePNG(r io.ReaderAt, size int64) *dag.Facts {
	var head [26]byte
	var tail [8]byte
	if size < 45 || !readFull(r, head[:], 0) || !readFull(r, tail[:], size-8) {
		return nil
	}
	if string(head[12:16]) != "IHDR" || string(tail[:4]) != "IEND" {
		return nil
	}
	format, ok := map[[2]byte]string{
		{8, 0}: "gray", {8, 2}: "rgb24", {8, 3}: "pal8", {8, 4}: "ya8", {8, 6}: "rgba",
		{16, 0}: "gray16be", {16, 2}: "rgb48be", {16, 6}: "rgba64be", {1, 0}: "monob",
	}[[2]byte{head[24], head[25]}]
	if !ok {
		return nil
	}
	return image("png", binary.BigEndian.Uint32(head[16:]), binary.BigEndian.Uint32(head[20:]), format)
}

// measureJPEG walks the segments (ITU-T T.81 annex B) to the frame header and
// sees that the file ends with EOI.
func measureJPEG(r io.ReaderAt, size int64) *dag.Facts {
	var tail [2]byte
	if size < 4 || !readFull(r, tail[:], size-2) || tail != [2]byte{0xFF, 0xD9} {
		return nil
	}
	for at, n := int64(2), 0; n < 1000; n++ {
		var head [9]byte
		if !readFull(r, head[:], at) || head[0] != 0xFF {
			return nil
		}
		switch marker := head[1]; {
		case marker == 0xE1: // Exif may turn the picture
			return nil
		case marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return image("jpeg", uint32(binary.BigEndian.Uint16(head[7:])), uint32(binary.BigEndian.Uint16(head[5:])), "")
		}
		at += 2 + int64(binary.BigEndian.Uint16(head[2:]))
	}
	return nil
}

func image(format string, width, height uint32, pixels string) *dag.Facts {
	if width == 0 || height == 0 || width > 1<<16 || height > 1<<16 {
		return nil
	}
	codec := format
	if format == "jpeg" {
		codec = "mjpeg"
	}
	return &dag.Facts{Kind: dag.Image, Format: format,
		Video: &dag.VideoFacts{Codec: codec, Width: int(width), Height: int(height), Frames: 1, PixFmt: pixels}}
}

func readFull(r io.ReaderAt, b []byte, at int64) bool {
	n, _ := r.ReadAt(b, at)
	return n == len(b)
}
