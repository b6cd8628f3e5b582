package main

import (
	"os"

	"github.com/mattn/go-isatty"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// display shows a run while it goes on. event is called from one goroutine at
// a time, activity from several, before begin.
type display interface {
	activity(what string)
	// begin is called when the plan is made; factors turn estimated cost into
	// seconds, by step type.
	begin(factors map[string]float64)
	event(engine.Event)
	// note is a line for people, at any time after begin or before.
	note(what string)
	result(ending)
	close()
}

// ending is how a run ended.
type ending struct {
	job      string // empty on a read-only cache
	plan     *dag.Plan
	report   *engine.Report
	verified bool
	logs     string   // the command that prints logs, without the step; or empty
	farm     *api.Job // of a farm's job; nil for a run here
	flags    string   // that further commands on the job need
}

// What a terminal is told at the first Ctrl-C.
const (
	stopping = "stopping; once more stops at once"
	leaving  = "leaving; the job goes on"
)

// newDisplay chooses: JSON lines when asked, bars on a terminal, else lines.
func newDisplay(a *app, json bool, atStop string) display {
	if json {
		return newJSONDisplay(a.stdout, a.stderr)
	}
	if f, ok := a.stderr.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return newBars(a.ctx, a.stdout, f, atStop)
	}
	return &lines{out: a.stdout, log: a.stderr}
}
