package analysis

import (
	"math"
	"slices"
)

// track is how far the packets of one stream reach, and how regular they are.
// Its size does not grow with their number.
type track struct {
	count       int64
	timed       int64 // packets with a time
	first, last float64
	end         float64 // of the latest packet

	// The latest times, sorted: packets come in the order of decoding, pictures
	// are shown in another, at most 16 apart.
	waiting       []float64
	shown         int64
	previous      float64
	least, widest float64 // intervals between pictures
}

// reorder is more than any codec moves a picture by.
const reorder = 32

// add counts a packet that starts at a time, if it has one, and lasts length.
func (t *track) add(at, length float64, timed bool) {
	t.count++
	if !timed {
		return
	}
	if t.timed == 0 {
		t.first, t.last, t.end = at, at, at+length
		t.least, t.widest = math.Inf(1), 0
	}
	t.timed++
	t.first, t.last, t.end = min(t.first, at), max(t.last, at), max(t.end, at+length)
	place, _ := slices.BinarySearch(t.waiting, at)
	t.waiting = slices.Insert(t.waiting, place, at)
	if len(t.waiting) > reorder {
		t.show()
	}
}

func (t *track) show() {
	at := t.waiting[0]
	t.waiting = slices.Delete(t.waiting, 0, 1)
	if t.shown > 0 {
		t.least, t.widest = min(t.least, at-t.previous), max(t.widest, at-t.previous)
	}
	t.previous = at
	t.shown++
}

// finish is called after the last packet.
func (t *track) finish() {
	for len(t.waiting) > 0 {
		t.show()
	}
}

// interval is the mean time between pictures, 0 when unknown.
func (t *track) interval() float64 {
	if t.timed < 2 || t.last <= t.first {
		return 0
	}
	return (t.last - t.first) / float64(t.timed-1)
}

// jitter is how much intervals may differ at a constant rate: containers round
// times to 1 ms.
const jitter = 0.002

// variable reports whether the interval between pictures changes.
func (t *track) variable() bool { return t.timed > 2 && t.widest-t.least > jitter }

// length is how long the packets last.
func (t *track) length() float64 { return max(0, t.end-t.first) }
