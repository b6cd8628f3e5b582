package api

import "github.com/artdag/artdag/dag"

// EventKind says what happened.
type EventKind string

// The kinds of events, with the fields they carry beside ID and Kind.
const (
	// State: Job as it is. What happened before is in the job and its steps.
	State EventKind = "state"
	// Changed: Job, whose status, priority, counts of steps (because it was
	// planned) or obstacles changed.
	Changed EventKind = "changed"

	StepStarted  EventKind = "started"  // Step, Worker
	StepProgress EventKind = "progress" // Step, Worker, Done
	StepExecuted EventKind = "executed" // Step, Worker, Content, Seconds
	StepCached   EventKind = "cached"   // Step, Content: known after all, by early cutoff or from another job
	StepRetried  EventKind = "retried"  // Step, Worker, Message: failed or lost its worker, and is tried again
	StepFailed   EventKind = "failed"   // Step, Worker, Message
	StepSkipped  EventKind = "skipped"  // Step: behind a failed one
)

// Event is one thing that happened to a job.
type Event struct {
	// ID is where a later watch can go on; empty when it cannot from here.
	ID   string    `json:"-"`
	Kind EventKind `json:"event"`
	Job  *Job      `json:"job,omitempty"`

	Step    dag.CacheID     `json:"cache_id,omitzero"`
	Label   string          `json:"step,omitempty"`
	Type    string          `json:"type,omitempty"` // versioned
	Worker  string          `json:"worker,omitempty"`
	Done    float64         `json:"done,omitempty"` // 0 to 1
	Content dag.ContentHash `json:"content_hash,omitzero"`
	Seconds float64         `json:"seconds,omitempty"` // wall time of the step
	Message string          `json:"message,omitempty"`
}
