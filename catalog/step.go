package catalog

import (
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// StepStatus is the state of a step within a job.
type StepStatus string

// The states of a step. COMPLETED and CACHED are never left.
const (
	StepPending   StepStatus = "PENDING"
	StepRunning   StepStatus = "RUNNING"
	StepCompleted StepStatus = "COMPLETED" // executed in this job
	StepCached    StepStatus = "CACHED"    // its result was known
	StepFailed    StepStatus = "FAILED"
	StepSkipped   StepStatus = "SKIPPED" // behind a failed step
)

func (s StepStatus) done() bool { return s == StepCompleted || s == StepCached }

// StepRecord is what became of one step in one job.
type StepRecord struct {
	bun.BaseModel `bun:"table:run_steps,alias:step"`

	JobID    string      `bun:",pk"`
	CacheID  dag.CacheID `bun:",pk"`
	Position int         // place in the plan, from 0; no two steps of a job share one
	Node     string
	Label    string // for people: "shots[3]"
	Type     string // versioned: "SEGMENT@1"
	Status   StepStatus
	Content  dag.ContentHash `bun:"content_hash"` // that the job uses; zero while unknown
	Message  string          // why it failed, for people
	Started  time.Time       `bun:"started_at"`
	Finished time.Time       `bun:"finished_at"`

	// Result is recorded for an executed step; nil otherwise. Its CacheID and
	// Type are the step's.
	Result *Result `bun:"-"`
	// Items are the bytes that it produced: the output, or manifest and members.
	Items []Item `bun:"-"`
}

// Result is the fact of what a step came to, and how that was measured.
type Result struct {
	bun.BaseModel `bun:"table:step_results,alias:result"`

	CacheID    dag.CacheID     `bun:",pk"`
	ResolvedID dag.CacheID     // the step with its inputs as content
	Content    dag.ContentHash `bun:"content_hash"` // of the output, or of the manifest
	Generation int             // 1, and one more each time that Replaces took effect; set by the catalog
	Type       string          `bun:"executor"` // versioned: "SEGMENT@1"
	Toolchain  string          // fingerprint of tools and architecture
	Worker     string          // host name or worker id
	Wall       time.Duration   `bun:"wall_ms"` // kept in milliseconds
	Tool       time.Duration   `bun:"tool_ms"` // of it, in tools
	Cost       float64         // that the plan had estimated: seconds on one slot
	Bytes      int64           // size of the output
	Recorded   time.Time       `bun:"recorded_at"` // the step's Finished when zero

	// Replaces says that the bytes recorded before can be had nowhere any more
	// (on one machine: that the cache did not have the step and stored this).
	// Then other bytes become the fact, and the old ones the evidence.
	Replaces bool `bun:"-"`
}

// Difference is the evidence that a step is not deterministic.
type Difference struct {
	bun.BaseModel `bun:"table:nondeterminism,alias:difference"`

	CacheID   dag.CacheID     `bun:",pk"`
	JobID     string          `bun:",pk"` // whose execution differed
	Got       dag.ContentHash `bun:"got_hash,pk"`
	Recorded  dag.ContentHash `bun:"recorded_hash"` // the fact at that time
	Toolchain string
	Worker    string
	Found     time.Time `bun:"found_at"`
	Replaced  time.Time `bun:"replaced_at"` // since when Got is the fact; zero while Recorded is
}
