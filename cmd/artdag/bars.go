package main

import (
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// bars is the display on a terminal: one bar for the run with the time that is
// left, one below it for each running step.
type bars struct {
	out, log io.Writer
	progress *mpb.Progress
	total    *mpb.Bar
	steps    map[dag.CacheID]*mpb.Bar
}

// parts is the resolution of a step's bar.
const parts = 1000

func newBars(out, terminal io.Writer) *bars {
	return &bars{
		out: out, log: terminal, steps: make(map[dag.CacheID]*mpb.Bar),
		progress: mpb.New(mpb.WithOutput(terminal), mpb.WithWidth(40), mpb.WithAutoRefresh()),
	}
}

func (b *bars) activity(what string) { _, _ = fmt.Fprintln(b.progress, what) }

func (b *bars) event(e engine.Event) {
	switch e.Kind {
	case engine.Planned:
		b.begin(e)
	case engine.Started:
		b.steps[e.Step.ID] = b.progress.AddBar(parts, mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-10s %-20s", e.Step.TypeName(), e.Step.Label))),
			mpb.AppendDecorators(decor.Percentage(), decor.Elapsed(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	case engine.Progress:
		if bar := b.steps[e.Step.ID]; bar != nil {
			// Never full before the step is stored: a full bar is removed.
			bar.SetCurrent(min(int64(e.Done*parts), parts-1))
		}
	case engine.Executed, engine.Cached, engine.Failed:
		b.end(e.Step.ID)
		b.total.Increment()
	case engine.Skipped:
		b.total.Increment()
	}
}

func (b *bars) begin(e engine.Event) {
	if e.Needed == 0 {
		return
	}
	b.total = b.progress.AddBar(int64(e.Needed), mpb.BarPriority(-1),
		mpb.PrependDecorators(decor.Name("steps "), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(decor.Name("left "), decor.AverageETA(decor.ET_STYLE_GO)))
}

func (b *bars) end(id dag.CacheID) {
	if bar := b.steps[id]; bar != nil {
		bar.SetCurrent(parts)
		delete(b.steps, id)
	}
}

func (b *bars) result(job string, _ *dag.Plan, report *engine.Report, _ []export) {
	b.close()
	summary(b.out, b.log, job, report)
}

// close takes the bars down, whatever state they are in.
func (b *bars) close() {
	for id, bar := range b.steps {
		bar.Abort(true)
		delete(b.steps, id)
	}
	if b.total != nil {
		b.total.Abort(false)
		b.total = nil
	}
	b.progress.Shutdown()
}
