package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// bars is the display on a terminal: a bar for each running step, and below
// them one for the run with the time that is left. They are gone when the run
// has ended; what stays is the summary.
type bars struct {
	ctx      context.Context
	out      io.Writer
	terminal *os.File
	atStop   string
	factors  map[string]float64
	ahead    *ahead

	progress *mpb.Progress // nil until something must run
	total    *mpb.Bar
	steps    map[dag.CacheID]*mpb.Bar
	reading  activityLine
	unwatch  func() bool
}

// parts is the resolution of a bar.
const parts = 1000

func newBars(ctx context.Context, out io.Writer, terminal *os.File, atStop string) *bars {
	return &bars{ctx: ctx, out: out, terminal: terminal, atStop: atStop, reading: activityLine{out: terminal}, steps: make(map[dag.CacheID]*mpb.Bar)}
}

func (b *bars) activity(what string) { b.reading.show(what) }

func (b *bars) begin(factors map[string]float64) {
	b.reading.clear()
	b.factors = factors
}

func (b *bars) event(e engine.Event) {
	switch e.Kind {
	case engine.Planned:
		b.planned(e)
	case engine.Started:
		b.start(e.Step)
	case engine.Progress:
		if bar := b.steps[e.Step.ID]; bar != nil {
			bar.SetCurrent(int64(e.Done * parts))
			b.move(e.Step, e.Done)
		}
	case engine.Failed:
		_, _ = fmt.Fprintf(b.progress, "FAILED %s %s\n", e.Step.TypeName(), e.Step.Label)
		b.end(e.Step)
	case engine.Executed, engine.Cached, engine.Skipped:
		b.end(e.Step)
	}
}

// planned puts up the bar of the run, when there is anything to run.
func (b *bars) planned(e engine.Event) {
	if e.Needed == 0 {
		return
	}
	b.progress = mpb.New(mpb.WithOutput(b.terminal), mpb.WithWidth(80), mpb.WithAutoRefresh())
	b.ahead = newAhead(e.Waiting, b.factors, time.Now())
	b.total = b.progress.AddBar(parts, mpb.BarPriority(1<<30),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.ahead.counts() })),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.ahead.left(time.Now()) })))
	// A terminal shows ^C where the cursor stands, at the left below the bars;
	// they are drawn from there.
	b.unwatch = context.AfterFunc(b.ctx, func() {
		_, _ = io.WriteString(b.terminal, "\r")
		_, _ = fmt.Fprintln(b.progress, b.atStop)
	})
}

func (b *bars) start(s *dag.Step) {
	b.steps[s.ID] = b.progress.AddBar(parts,
		mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-10s %-20s ", s.TypeName(), clip(s.Label, 20)))),
		mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5}), decor.Elapsed(decor.ET_STYLE_GO, decor.WC{W: 7})))
}

func (b *bars) move(s *dag.Step, done float64) {
	b.ahead.move(s, done)
	b.total.SetCurrent(min(int64(b.ahead.part()*parts), parts-1)) // a full bar ends
}

func (b *bars) end(s *dag.Step) {
	if bar := b.steps[s.ID]; bar != nil {
		bar.Abort(true)
		delete(b.steps, s.ID)
	}
	b.ahead.finish(s)
	b.move(s, 1)
}

func (b *bars) result(e ending) {
	b.close()
	summary(b.out, b.terminal, e)
}

// close takes the bars down, whatever state they are in.
func (b *bars) close() {
	b.reading.clear()
	if b.progress == nil {
		return
	}
	b.unwatch()
	for id, bar := range b.steps {
		bar.Abort(true)
		delete(b.steps, id)
	}
	b.total.Abort(true)
	b.progress.Wait()
	b.progress = nil
}
