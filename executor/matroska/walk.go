package matroska

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"
	"strings"
)

// Element IDs, RFC 9559 section 5.1 and RFC 8794.
const (
	idEBML, idDocType                    = 0x1A45DFA3, 0x4282
	idSegment, idInfo, idTracks          = 0x18538067, 0x1549A966, 0x1654AE6B
	idTimestampScale, idDuration         = 0x2AD7B1, 0x4489
	idTrackEntry, idVideo, idAudio       = 0xAE, 0xE0, 0xE1
	idTrackNumber, idTrackType           = 0xD7, 0x83
	idCodecID, idCodecPrivate            = 0x86, 0x63A2
	idDefaultDuration                    = 0x23E383
	idPixelWidth, idPixelHeight          = 0xB0, 0xBA
	idDisplayWidth, idDisplayHeight      = 0x54B0, 0x54BA
	idDisplayUnit, idProjection          = 0x54B2, 0x7670
	idSampling, idChannels, idBitDepth   = 0xB5, 0x9F, 0x6264
	idCluster, idTimestamp, idBlockGroup = 0x1F43B675, 0xE7, 0xA0
	idSimpleBlock, idBlock               = 0xA3, 0xA1
)

// Block is one block of a track: usually one frame.
type Block struct {
	Seconds float64 // at which it starts
	Offset  int64   // of the payload in the file
	Size    int64   // of the payload, in bytes
	Frames  int64   // 1, or more when laced
}

// walker reads a file front to back. Identifiers are unique in Matroska, so it
// steps into the parents that matter and over all else, without keeping track
// of where parents end; that also reads files whose sizes are unknown because
// they were streamed.
type walker struct {
	r        io.ReaderAt
	size, at int64
	window   [64]byte
	from     int64   // where the window was read
	filled   int     // how much of it
	scale    float64 // seconds per tick
	cluster  int64   // ticks
	declared float64 // ticks
	file     File
}

func newWalker(r io.ReaderAt, size int64) *walker {
	return &walker{r: r, size: size, scale: 1e-3}
}

func (w *walker) finish() *File {
	w.file.Declared = w.declared * w.scale
	return &w.file
}

func (w *walker) walk(visit func(*Track, Block) error) error {
	for first := true; w.at < w.size; first = false {
		id, size, err := w.element()
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF):
			w.file.Truncated = true
			return nil
		case err != nil:
			return err
		case first && id != idEBML:
			return invalid("it does not start with an EBML header")
		}
		if entered(id) {
			w.enter(id)
			continue
		}
		if size < 0 {
			return invalid("element %#x of unknown size at byte %d", id, w.at)
		}
		if size > w.size-w.at {
			w.file.Truncated = true
			return nil
		}
		if err := w.leaf(id, size, visit); err != nil {
			return err
		}
		w.at += size
	}
	return nil
}

func entered(id uint64) bool {
	switch id {
	case idEBML, idSegment, idInfo, idTracks, idTrackEntry, idVideo, idAudio, idCluster, idBlockGroup:
		return true
	}
	return false
}

func (w *walker) enter(id uint64) {
	switch id {
	case idCluster:
		w.cluster = 0
	case idTrackEntry:
		if len(w.file.Tracks) < maxTracks {
			w.file.Tracks = append(w.file.Tracks, Track{})
		}
	}
}

// element reads an identifier and a size and stops behind them. An unknown
// size is -1.
func (w *walker) element() (id uint64, size int64, err error) {
	head, err := w.peek(w.at, 12)
	if err != nil {
		return 0, 0, err
	}
	n := bits.LeadingZeros8(head[0]) + 1
	if n > 4 {
		return 0, 0, invalid("no element at byte %d", w.at)
	}
	if len(head) < n+1 {
		return 0, 0, io.ErrUnexpectedEOF
	}
	for _, b := range head[:n] {
		id = id<<8 | uint64(b)
	}
	value, m := vint(head[n:])
	if m == 0 {
		return 0, 0, io.ErrUnexpectedEOF
	}
	w.at += int64(n + m)
	return id, value, nil
}

// vint reads a variable-size integer (RFC 8794 section 4) and its length; the
// reserved value of all ones is -1, and one that is cut short has length 0.
func vint(b []byte) (value int64, length int) {
	if len(b) == 0 {
		return 0, 0
	}
	n := bits.LeadingZeros8(b[0]) + 1
	if n > 8 || len(b) < n {
		return 0, 0
	}
	v := uint64(b[0]) & (0xFF >> n)
	for _, c := range b[1:n] {
		v = v<<8 | uint64(c)
	}
	if v == 1<<(7*n)-1 {
		return -1, n
	}
	return int64(v), n
}

// peek returns up to n bytes, at most 64, at an offset; fewer at the end. The
// head of an element and that of the block in it are one read.
func (w *walker) peek(at int64, n int) ([]byte, error) {
	n = int(min(int64(n), w.size-at))
	if skip := at - w.from; skip >= 0 && skip+int64(n) <= int64(w.filled) {
		return w.window[skip:][:n], nil
	}
	got, err := w.r.ReadAt(w.window[:min(int64(len(w.window)), w.size-at)], at)
	w.from, w.filled = at, got
	if got < n {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return w.window[:n], nil
}

func (w *walker) leaf(id uint64, size int64, visit func(*Track, Block) error) error {
	switch id {
	case idSimpleBlock, idBlock:
		return w.block(size, visit)
	case idDocType, idCodecID:
		return w.text(id, size)
	case idCodecPrivate:
		return w.private(size)
	case idProjection:
		if t := w.track(); t != nil {
			t.Projected = true
		}
		return nil
	}
	if size > 8 {
		return nil
	}
	head, err := w.peek(w.at, int(size))
	if err != nil {
		return err
	}
	w.number(id, head)
	return nil
}

// track is the one that is being described.
func (w *walker) track() *Track {
	if len(w.file.Tracks) == 0 {
		return nil
	}
	return &w.file.Tracks[len(w.file.Tracks)-1]
}

func (w *walker) text(id uint64, size int64) error {
	head, err := w.peek(w.at, int(min(size, 64)))
	if err != nil {
		return err
	}
	text := strings.TrimRight(string(head), "\x00")
	if t := w.track(); id == idCodecID && t != nil {
		t.Codec = text
	} else if id == idDocType {
		w.file.DocType = text
	}
	return nil
}

func (w *walker) private(size int64) error {
	t := w.track()
	if t == nil || size > maxPrivate {
		return nil
	}
	t.Private = make([]byte, size)
	_, err := w.r.ReadAt(t.Private, w.at)
	return err
}

func (w *walker) number(id uint64, b []byte) {
	n := unsigned(b)
	switch id {
	case idTimestampScale:
		w.scale = float64(n) / 1e9
	case idDuration:
		w.declared = float(b)
	case idTimestamp:
		w.cluster = n
	}
	if t := w.track(); t != nil {
		t.set(id, n, b)
	}
}

func (t *Track) set(id uint64, n int64, b []byte) {
	switch id {
	case idTrackNumber:
		t.Number = uint64(n)
	case idTrackType:
		t.Type = TrackType(n)
	case idDefaultDuration:
		t.FrameTime = n
	case idPixelWidth:
		t.Width = n
	case idPixelHeight:
		t.Height = n
	case idDisplayWidth:
		t.DisplayWidth = n
	case idDisplayHeight:
		t.DisplayHeight = n
	case idDisplayUnit:
		t.DisplayUnit = n
	case idSampling:
		t.Rate = float(b)
	case idChannels:
		t.Channels = n
	case idBitDepth:
		t.BitDepth = n
	}
}

func unsigned(b []byte) int64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return int64(n & math.MaxInt64)
}

func float(b []byte) float64 {
	var f float64
	switch len(b) {
	case 4:
		f = float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		f = math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return 0
	}
	return f
}

// block reads the head of a block (RFC 9559 section 10): track number, ticks
// after the cluster's, flags, and when laced the number of frames less one.
func (w *walker) block(size int64, visit func(*Track, Block) error) error {
	head, err := w.peek(w.at, int(min(size, 13)))
	if err != nil {
		return err
	}
	number, n := vint(head)
	if n == 0 || len(head) < n+3 {
		return nil
	}
	ticks := w.cluster + int64(int16(binary.BigEndian.Uint16(head[n:])))
	lacing := head[n+2] & 0x06
	b := Block{Seconds: float64(ticks) * w.scale, Offset: w.at + int64(n) + 3, Size: size - int64(n) - 3, Frames: 1}
	if lacing != 0 && len(head) > n+3 {
		b.Frames = int64(head[n+3]) + 1
	}
	for i := range w.file.Tracks {
		if t := &w.file.Tracks[i]; int64(t.Number) == number {
			return visit(t, b)
		}
	}
	return nil
}
