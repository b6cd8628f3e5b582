package stamps

import (
	"encoding/binary"
	"fmt"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// cleanPNG keeps the chunks that decide what the picture looks like. A chunk is
// its length, its type, that many bytes and a checksum (PNG, section 5.3).
func cleanPNG(image []byte) ([]byte, error) {
	out := []byte(pngSignature)
	for rest := image[len(pngSignature):]; len(rest) >= 12; {
		length := int64(binary.BigEndian.Uint32(rest)) + 12
		if length > int64(len(rest)) {
			break
		}
		name := string(rest[4:8])
		if keepsChunk(name) {
			out = append(out, rest[:length]...)
		}
		if name == "IEND" {
			return out, nil
		}
		rest = rest[length:]
	}
	return nil, fmt.Errorf("%w: the PNG ends before its end", ErrFormat)
}

func keepsChunk(name string) bool {
	switch name {
	case "IHDR", "PLTE", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "pHYs", "IDAT", "IEND":
		return true
	}
	return false
}
