package stamps

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The second bytes of markers (ITU-T T.81, table B.1).
const (
	jpegStart   = 0xd8
	jpegEnd     = 0xd9
	jpegScan    = 0xda
	jpegComment = 0xfe
)

// cleanJPEG leaves comments out. A segment is a marker and a length that counts
// itself; behind a scan's header follows its data, up to the next marker.
func cleanJPEG(image []byte) ([]byte, error) {
	out := image[:2:2]
	for rest := image[2:]; len(rest) >= 2 && rest[0] == 0xff; {
		if rest[1] == jpegEnd {
			return append(out, rest[:2]...), nil
		}
		if len(rest) < 4 {
			break
		}
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if length > len(rest) {
			break
		}
		marker := rest[1]
		if marker == jpegScan {
			length += scanLength(rest[length:])
		}
		if marker != jpegComment {
			out = append(out, rest[:length]...)
		}
		rest = rest[length:]
	}
	return nil, fmt.Errorf("%w: the JPEG ends before its end", ErrFormat)
}

// scanLength returns the length of a scan's data: in it 0xff is followed by 0
// or by a restart marker.
func scanLength(data []byte) int {
	for at := 0; ; at += 2 {
		next := bytes.IndexByte(data[at:], 0xff)
		if next < 0 || at+next+1 >= len(data) {
			return len(data)
		}
		at += next
		if after := data[at+1]; after != 0 && (after < 0xd0 || after > 0xd7) {
			return at
		}
	}
}
