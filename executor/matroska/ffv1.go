package matroska

import "fmt"

// FFV1PixFmt returns the pixel format, by ffmpeg's name, of an FFV1 track: it
// stands in the configuration record of version 3 (RFC 9043 section 4.3). It
// is "" when the track is something else.
func (t *Track) FFV1PixFmt() string {
	record, ok := t.ffv1Record()
	if !ok || len(record) < 6 {
		return ""
	}
	d := newRangeDecoder(record)
	var state [32]byte
	for i := range state {
		state[i] = 128
	}
	version := d.symbol(&state, false)
	if version != 3 {
		return ""
	}
	d.symbol(&state, false) // micro_version
	if coder := d.symbol(&state, false); coder == 2 {
		for range 255 {
			d.symbol(&state, true) // state_transition_delta
		}
	}
	p := ffv1Pixels{rgb: d.symbol(&state, false) == 1, bits: d.symbol(&state, false)}
	p.chroma = d.bit(&state[0])
	p.shiftX, p.shiftY = d.symbol(&state, false), d.symbol(&state, false)
	p.alpha = d.bit(&state[0])
	return p.name()
}

// bitmapHeader is the size of the BITMAPINFOHEADER that precedes the record of
// codecs written in the manner of Video for Windows, as ffmpeg does with FFV1.
const bitmapHeader = 40

func (t *Track) ffv1Record() ([]byte, bool) {
	switch {
	case t.Codec == "V_FFV1":
		return t.Private, true
	case t.Codec == "V_MS/VFW/FOURCC" && len(t.Private) >= bitmapHeader && string(t.Private[16:20]) == "FFV1":
		return t.Private[bitmapHeader:], true
	}
	return nil, false
}

// IsFFV1 reports whether the track is coded as FFV1.
func (t *Track) IsFFV1() bool {
	_, ok := t.ffv1Record()
	return ok
}

type ffv1Pixels struct {
	rgb, chroma, alpha   bool
	bits, shiftX, shiftY int
}

func (p ffv1Pixels) name() string {
	depth, a := "", ""
	if p.bits > 8 {
		depth = fmt.Sprintf("%dle", p.bits)
	}
	if p.alpha {
		a = "a"
	}
	switch {
	case p.rgb && depth == "" && p.alpha:
		return "bgra"
	case p.rgb && depth == "":
		return "bgr0"
	case p.rgb:
		return "gbr" + a + "p" + depth
	case !p.chroma && p.alpha:
		return "ya8"
	case !p.chroma:
		return "gray" + depth
	}
	layout, ok := map[[2]int]string{{0, 0}: "444", {1, 0}: "422", {1, 1}: "420", {2, 0}: "411", {2, 2}: "410", {0, 1}: "440"}[[2]int{p.shiftX, p.shiftY}]
	if !ok {
		return ""
	}
	return "yuv" + a + layout + "p" + depth
}

// rangeDecoder is the adaptive binary decoder of RFC 9043 section 3.8.1.
type rangeDecoder struct {
	low, width uint32
	rest       []byte
	one        [256]byte
}

func newRangeDecoder(b []byte) *rangeDecoder {
	d := &rangeDecoder{low: uint32(b[0])<<8 | uint32(b[1]), width: 0xFF00, rest: b[2:], one: oneStates()}
	if d.low >= d.width {
		d.low, d.rest = d.width, nil
	}
	return d
}

// oneStates is default_state_transition of RFC 9043 section 3.8.1.3, which is
// computed from an adaptation rate of 0.05 and a highest state of 248.
func oneStates() [256]byte {
	const one, factor, highest = int64(1) << 32, int64(214748364), 248
	var states [256]byte
	p, last := one/2, int64(0)
	for range 128 {
		p8 := max((256*p+one/2)>>32, last+1)
		if last > 0 && last < 256 && p8 <= highest {
			states[last] = byte(p8)
		}
		p += ((one-p)*factor + one/2) >> 32
		last = p8
	}
	for i := int64(256 - highest); i <= highest; i++ {
		if states[i] != 0 {
			continue
		}
		q := (i*one + 128) >> 8
		q += ((one-q)*factor + one/2) >> 32
		states[i] = byte(min(max((256*q+one/2)>>32, i+1), highest))
	}
	return states
}

func (d *rangeDecoder) bit(state *byte) bool {
	offset := d.width * uint32(*state) >> 8
	d.width -= offset
	bit := d.low >= d.width
	if bit {
		d.low -= d.width
		d.width = offset
		*state = d.one[*state]
	} else {
		*state = byte(256 - int(d.one[256-int(*state)&255]))
	}
	if d.width < 0x100 {
		d.width <<= 8
		d.low <<= 8
		if len(d.rest) > 0 {
			d.low |= uint32(d.rest[0])
			d.rest = d.rest[1:]
		}
	}
	return bit
}

// symbol reads an integer, RFC 9043 section 3.8.1.2.
func (d *rangeDecoder) symbol(state *[32]byte, signed bool) int {
	if d.bit(&state[0]) {
		return 0
	}
	e := 0
	for e < 31 && d.bit(&state[1+min(e, 9)]) {
		e++
	}
	a := 1
	for i := e - 1; i >= 0; i-- {
		a *= 2
		if d.bit(&state[22+min(i, 9)]) {
			a++
		}
	}
	if signed && d.bit(&state[11+min(e, 10)]) {
		return -a
	}
	return a
}
