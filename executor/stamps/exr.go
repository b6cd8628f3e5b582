package stamps

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

const (
	exrSignature = "\x76\x2f\x31\x01"
	exrPreamble  = 8      // the signature, and version and flags
	exrManyParts = 0x1000 // a flag: several headers, and an empty one behind them
)

// cleanEXR leaves out the attributes that Cycles writes, and corrects the
// table of offsets that follows the headers: it counts from the file's start.
// See "OpenEXR File Layout": magic, version, headers, offset tables, chunks.
func cleanEXR(image []byte) ([]byte, error) {
	if len(image) < exrPreamble {
		return nil, exrFault("it has no header")
	}
	many := binary.LittleEndian.Uint32(image[4:])&exrManyParts != 0
	out, at := bytes.Clone(image[:exrPreamble]), exrPreamble
	for {
		header, length, err := cleanHeader(image[at:])
		if err != nil {
			return nil, err
		}
		out, at = append(out, header...), at+length
		if !many || length == 1 {
			break
		}
	}
	return moveChunks(out, image, at)
}

// cleanHeader returns one header without stamps, and its length before that.
// An attribute is a name and a type, each ended by a zero, a size and a value;
// a zero ends the header.
func cleanHeader(image []byte) (header []byte, length int, err error) {
	at := 0
	for at < len(image) && image[at] != 0 {
		name, after, ok1 := cut(image[at:])
		_, value, ok2 := cut(after)
		if !ok1 || !ok2 || len(value) < 4 {
			return nil, 0, exrFault("its header is cut short")
		}
		size := int64(binary.LittleEndian.Uint32(value))
		end := int64(len(image)-len(value)) + 4 + size
		if end > int64(len(image)) {
			return nil, 0, exrFault("its header is cut short")
		}
		if !strings.HasPrefix(name, "cycles.") {
			header = append(header, image[at:end]...)
		}
		at = int(end)
	}
	if at == len(image) {
		return nil, 0, exrFault("its header is cut short")
	}
	return append(header, 0), at + 1, nil
}

func cut(b []byte) (name string, rest []byte, ok bool) {
	before, after, ok := bytes.Cut(b, []byte{0})
	return string(before), after, ok
}

// moveChunks appends the offset table, which begins at table, and the chunks.
// The first chunk begins where the table ends, so its offset tells how long the
// table is.
func moveChunks(out, image []byte, table int) ([]byte, error) {
	moved := uint64(table - len(out))
	first := uint64(math.MaxUint64)
	at := uint64(table)
	for ; at < first; at += 8 {
		if at+8 > uint64(len(image)) {
			return nil, exrFault("its offset table is cut short")
		}
		offset := binary.LittleEndian.Uint64(image[at:])
		if offset < at+8 || offset > uint64(len(image)) {
			return nil, exrFault("its offset table is damaged: it was not written to the end")
		}
		first = min(first, offset)
		out = binary.LittleEndian.AppendUint64(out, offset-moved)
	}
	if at != first {
		return nil, exrFault("its offset table is damaged")
	}
	return append(out, image[at:]...), nil
}

func exrFault(what string) error {
	return fmt.Errorf("%w: the OpenEXR file is broken: %s", ErrFormat, what)
}
