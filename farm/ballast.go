package farm

// ballast is held for as long as the process lives.
var ballast []byte

// ballastSize is how much the heap may grow between two collections beyond what
// the collector would let it. A worker at work has some 6 MB.
const ballastSize = 24 << 20

// Ballast keeps a process with a small heap from collecting garbage all the time:
// the collector waits until the heap is twice what it was, and counts these
// bytes, which nobody touches, so that they take address space and no memory.
// A program calls it once, at its start.
func Ballast() {
	if ballast == nil {
		ballast = make([]byte, ballastSize)
	}
}
