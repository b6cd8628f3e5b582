package main

import (
	"fmt"
	"io"

	"github.com/artdag/artdag/engine"
)

// lines is the display without a terminal: a line for each step.
type lines struct {
	out, log     io.Writer
	done, needed int
}

func (l *lines) activity(string) {}

func (l *lines) begin(map[string]float64) {}

func (l *lines) event(e engine.Event) {
	switch e.Kind {
	case engine.Planned:
		l.needed = e.Needed
		if e.Needed > 0 {
			fmt.Fprintf(l.log, "%s, %d to run\n", countOf(e.Total, "step"), e.Needed)
		}
	case engine.Executed, engine.Cached:
		l.done++
		fmt.Fprintf(l.log, "[%d/%d] %-8s %s %s (%s)\n", l.done, l.needed, e.Kind, e.Step.TypeName(), e.Step.Label, seconds(e.Seconds))
	case engine.Failed:
		l.done++
		fmt.Fprintf(l.log, "[%d/%d] FAILED   %s %s\n", l.done, l.needed, e.Step.TypeName(), e.Step.Label)
	case engine.Skipped:
		l.done++
		fmt.Fprintf(l.log, "[%d/%d] skipped  %s %s\n", l.done, l.needed, e.Step.TypeName(), e.Step.Label)
	}
}

func (l *lines) result(e ending) { summary(l.out, l.log, e) }

func (l *lines) close() {}
