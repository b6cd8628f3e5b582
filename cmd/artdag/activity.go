package main

import (
	"fmt"
	"io"
	"sync"
)

// activityLine is one line of a terminal that says what is being done before
// the plan is known. It is safe for concurrent use.
type activityLine struct {
	mu    sync.Mutex
	out   io.Writer
	shown bool
}

// Erases the line that the cursor is in.
const eraseLine = "\r\x1b[K"

func (l *activityLine) show(what string) {
	const width = 78
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shown = true
	_, _ = fmt.Fprint(l.out, eraseLine, clip(what, width))
}

func (l *activityLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown {
		_, _ = fmt.Fprint(l.out, eraseLine)
	}
	l.shown = false
}
