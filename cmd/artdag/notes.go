package main

import "fmt"

// note of lines is a line among the others.
func (l *lines) note(what string) { fmt.Fprintln(l.log, what) }

// note of bars stands above them.
func (b *bars) note(what string) {
	if b.progress == nil {
		b.activity(what)
		return
	}
	_, _ = fmt.Fprintln(b.progress, what)
}

func (d *jsonDisplay) note(what string) { d.print(jsonEvent{Event: "note", Message: what}) }
