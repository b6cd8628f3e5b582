package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Status is how a run ended.
type Status string

// The statuses.
const (
	Completed   Status = "COMPLETED"
	HasFailed   Status = "FAILED"
	Interrupted Status = "CANCELLED" // the context ended first
)

// Report is the result of a run. Total = Executed + Cached + Failed + Skipped.
type Report struct {
	Status   Status
	Total    int
	Executed int
	Cached   int // known before, by early cutoff, or behind a known step
	Failed   int
	Skipped  int // behind a failed step, or not reached before the run was stopped
	Outputs  []Output
	Failures []StepError // in the order in which they happened
	Differed []StepError // executed again with other bytes
	Seconds  float64     // wall time
	Slots    float64     // slot-seconds of all executed steps
	Tool     float64     // of them, in tools
}

// Output is one output of the recipe and where its bytes are.
type Output struct {
	Name      string
	Content   dag.ContentHash
	CID       string
	Path      string // in the cache, or of the source; a manifest for several outputs
	MediaType string
	Size      int64
	Facts     *dag.Facts
	Members   []cache.Member
}

// StepError is a step and what went wrong with it.
type StepError struct {
	Step *dag.Step
	Err  error
}

// Error returns "shots[3]: message".
func (e StepError) Error() string { return fmt.Sprintf("%s: %v", e.Step.Label, e.Err) }

// Unwrap returns the cause.
func (e StepError) Unwrap() error { return e.Err }

// record counts an outcome and tells the watcher.
func (r *run) record(o outcome) {
	step := &r.plan.Steps[o.index]
	event := Event{Step: step, Entry: o.entry, Seconds: o.seconds, ToolSeconds: o.tool, Toolchain: o.toolchain, Err: o.err}
	if o.differed != nil {
		event.Err = o.differed
	}
	switch o.state() {
	case failed:
		event.Kind = Failed
		r.report.Failures = append(r.report.Failures, StepError{step, o.err})
	case executed:
		event.Kind = Executed
		r.report.Slots += o.seconds * float64(r.slots(o.index))
		r.report.Tool += o.tool
	case cached:
		event.Kind = Cached
	default:
		return
	}
	r.watch(event)
	if o.differed != nil {
		r.report.Differed = append(r.report.Differed, StepError{step, o.differed})
	}
}

// finish counts and gathers the outputs that are known.
func (r *run) finish(ctx context.Context, took time.Duration) {
	rep := &r.report
	rep.Total, rep.Seconds = len(r.plan.Steps), took.Seconds()
	rep.Executed, rep.Failed = r.count(executed), r.count(failed)
	open := r.count(waiting) + r.count(ready)
	rep.Skipped = r.count(skipped) + open
	rep.Cached = rep.Total - rep.Executed - rep.Failed - rep.Skipped
	switch {
	case rep.Failed > 0:
		rep.Status = HasFailed
	case open > 0 || ctx.Err() != nil:
		rep.Status = Interrupted
	default:
		rep.Status = Completed
	}
	for _, out := range r.plan.Outputs {
		if made, ok := r.output(out); ok {
			rep.Outputs = append(rep.Outputs, made)
		}
	}
}

// output returns an output, or false when its step did not get so far.
func (r *run) output(out dag.Output) (Output, bool) {
	o := Output{Name: out.Name}
	if out.Input.IsSource() {
		in, err := r.source(out.Input.Content)
		o.Content, o.Path = in.content, in.path
		if in.source != nil {
			o.Path, o.CID, o.Size = in.source.Path, in.source.CID, in.source.Size
		}
		return o, err == nil
	}
	i := r.index[out.Input.Step]
	entry := r.entries[i]
	if entry == nil || r.state[i] == failed {
		return o, false
	}
	o.Content, o.CID, o.Path, o.Size = entry.Content, entry.CID, entry.Path, entry.Size
	o.MediaType, o.Facts, o.Members = entry.MediaType, entry.Facts, entry.Members
	if out.Input.Member == "" {
		return o, true
	}
	for _, m := range entry.Members {
		if m.Name == out.Input.Member {
			o.Content, o.CID, o.Path, o.Size = m.Content, m.CID, m.Path, m.Size
			o.MediaType, o.Facts, o.Members = m.MediaType, m.Facts, nil
			return o, true
		}
	}
	return o, false
}
