package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// display shows a run while it goes on. event is called from one goroutine at
// a time, activity from several.
type display interface {
	activity(what string)
	event(engine.Event)
	result(job string, plan *dag.Plan, report *engine.Report, exports []export)
	close()
}

// newDisplay chooses: JSON lines when asked, bars on a terminal, else lines.
func newDisplay(a *app, json bool) display {
	if json {
		return newJSONDisplay(a.stdout, a.stderr)
	}
	if f, ok := a.stderr.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return newBars(a.stdout, f)
	}
	return &lines{out: a.stdout, log: a.stderr}
}

// lines is the display without a terminal: a line for each step.
type lines struct {
	out, log     io.Writer
	done, needed int
}

func (l *lines) activity(string) {}

func (l *lines) event(e engine.Event) {
	switch e.Kind {
	case engine.Planned:
		l.needed = e.Needed
		if e.Needed > 0 {
			fmt.Fprintf(l.log, "%d steps, %d to run\n", e.Total, e.Needed)
		}
	case engine.Executed, engine.Cached:
		l.done++
		fmt.Fprintf(l.log, "[%d/%d] %-8s %s %s (%s)\n", l.done, l.needed, e.Kind, e.Step.TypeName(), e.Step.Label, seconds(e.Seconds))
	case engine.Failed:
		l.done++
		fmt.Fprintf(l.log, "[%d/%d] FAILED   %s %s\n", l.done, l.needed, e.Step.TypeName(), e.Step.Label)
	}
}

func (l *lines) result(job string, _ *dag.Plan, report *engine.Report, _ []export) {
	summary(l.out, l.log, job, report)
}

func (l *lines) close() {}

// summary says how the run ended, and where things are.
func summary(out, log io.Writer, job string, r *engine.Report) {
	for _, f := range r.Failures {
		fmt.Fprintf(log, "\nFAILED %s (%s %s): %v\n", f.Step.Label, f.Step.Type, f.Step.ID.Short(), f.Err)
		if job != "" {
			fmt.Fprintf(log, "  its log: artdag log %s '%s'\n", job, f.Step.Label)
		}
	}
	for _, d := range r.Differed {
		fmt.Fprintf(log, "\nDIFFERENT %s: %v\n", d.Step.Label, d.Err)
	}
	fmt.Fprintf(out, "%s in %s: %d steps, %d executed, %d cached, %d failed, %d skipped\n",
		r.Status, seconds(r.Seconds), r.Total, r.Executed, r.Cached, r.Failed, r.Skipped)
	for _, o := range r.Outputs {
		fmt.Fprintf(out, "%s\n  file     %s\n  content  %s\n  cid      %s\n", o.Name, o.Path, o.Content, o.CID)
	}
}

// seconds prints a duration as people say it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
