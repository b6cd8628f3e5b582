package analysis

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// riffSeconds returns the length that the header of a WAV or AVI file declares,
// or false for one that declares none and for other formats.
func riffSeconds(format string, file io.ReadSeeker) (float64, bool) {
	switch format {
	case "wav":
		return wavSeconds(file)
	case "avi":
		return aviSeconds(file)
	}
	return 0, false
}

// aviSeconds reads microseconds per frame and the number of frames from the
// main header, which comes first. A file of more than 1 GiB declares those of
// its first part.
func aviSeconds(file io.ReadSeeker) (float64, bool) {
	var head [52]byte
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, false
	}
	if _, err := io.ReadFull(file, head[:]); err != nil || string(head[24:28]) != "avih" {
		return 0, false
	}
	frame, frames := binary.LittleEndian.Uint32(head[32:]), binary.LittleEndian.Uint32(head[48:])
	return float64(frame) * float64(frames) / 1e6, frame > 0 && frames > 0
}

// wavSeconds returns the length of the sound that the header of a WAV file
// declares, or false for one that declares none: it was written to a pipe, is
// longer than 4 GiB, or is broken.
func wavSeconds(file io.ReadSeeker) (float64, bool) {
	var rate uint32
	size, err := wavChunks(file, func(format []byte) {
		rate = binary.LittleEndian.Uint32(format[8:12])
	})
	if err != nil || rate == 0 || size == 0 || size >= math.MaxInt32 {
		return 0, false
	}
	return float64(size) / float64(rate), true
}

// wavData returns where the samples of a WAV file begin.
func wavData(file io.ReadSeeker) (int64, error) {
	if _, err := wavChunks(file, func([]byte) {}); err != nil {
		return 0, err
	}
	return file.Seek(0, io.SeekCurrent)
}

// mostChunks bounds the walk through a hostile header.
const mostChunks = 1000

// wavChunks walks to the samples of a RIFF WAVE or RF64 file, hands on the
// first 16 bytes of its fmt chunk, and returns how many bytes of samples are
// declared.
func wavChunks(file io.ReadSeeker, format func([]byte)) (uint32, error) {
	bad := errors.New("not a WAV file")
	var head [12]byte
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(file, head[:]); err != nil || string(head[8:]) != "WAVE" {
		return 0, bad
	}
	for range mostChunks {
		if _, err := io.ReadFull(file, head[:8]); err != nil {
			return 0, bad
		}
		size := binary.LittleEndian.Uint32(head[4:8])
		if string(head[:4]) == "data" {
			return size, nil
		}
		skip := int64(size) + int64(size&1) // chunks are padded to even lengths
		if string(head[:4]) == "fmt " && size >= 16 {
			var body [16]byte
			if _, err := io.ReadFull(file, body[:]); err != nil {
				return 0, bad
			}
			format(body[:])
			skip -= 16
		}
		if _, err := file.Seek(skip, io.SeekCurrent); err != nil {
			return 0, err
		}
	}
	return 0, bad
}

// hasXing reports whether the first frame of an MP3 file is one of those that
// count the others: Xing, Info or VBRI. An ID3v2 tag before it is skipped.
func hasXing(file io.ReadSeeker) bool {
	var head [10]byte
	if _, err := io.ReadFull(file, head[:]); err != nil {
		return false
	}
	var start int64
	if string(head[:3]) == "ID3" {
		// Its size is four times seven bits (ID3v2.4, section 6.2).
		start = 10 + (int64(head[6])<<21 | int64(head[7])<<14 | int64(head[8])<<7 | int64(head[9]))
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return false
	}
	frame := make([]byte, 256) // the marks are within the first 40 bytes
	n, err := io.ReadFull(file, frame)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	for _, mark := range []string{"Xing", "Info", "VBRI"} {
		if bytes.Contains(frame[:n], []byte(mark)) {
			return true
		}
	}
	return false
}
