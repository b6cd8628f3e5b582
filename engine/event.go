package engine

import (
	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// EventKind says what happened.
type EventKind string

// The kinds of events, with the fields they carry.
const (
	Planned  EventKind = "planned"  // Total, Needed, Waiting
	Started  EventKind = "started"  // Step
	Progress EventKind = "progress" // Step, Done
	Cached   EventKind = "cached"   // Step, Entry: known after all, by early cutoff or from another process
	Executed EventKind = "executed" // Step, Entry, Seconds, ToolSeconds, Toolchain; Err is a *cache.DifferentError when the bytes were others than those recorded
	Failed   EventKind = "failed"   // Step, Err
	Skipped  EventKind = "skipped"  // Step: behind a failed one
)

// Event is one thing that happened during a run.
type Event struct {
	Kind        EventKind
	Step        *dag.Step   // of the plan; not to be changed
	Total       int         // steps in the plan
	Needed      int         // steps whose result is not known
	Waiting     []*dag.Step // those
	Done        float64     // 0 to 1
	Entry       *cache.Entry
	Seconds     float64 // wall time of the step
	ToolSeconds float64 // of it, in tools
	Toolchain   string  // that executed it; see Toolchain
	Err         error
}
