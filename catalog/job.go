package catalog

import (
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// Status is the state of a job.
type Status string

// The states of a job. The last four are final.
const (
	Queued      Status = "QUEUED"
	Running     Status = "RUNNING"
	Paused      Status = "PAUSED" // no step of it starts; it was QUEUED or RUNNING
	Completed   Status = "COMPLETED"
	Failed      Status = "FAILED"      // a step failed
	Cancelled   Status = "CANCELLED"   // somebody stopped it
	Interrupted Status = "INTERRUPTED" // its process is gone
)

// Final reports whether a job in this state has ended. Only ReopenJob leaves
// such a state.
func (s Status) Final() bool { return !slices.Contains(unfinished(), s) }

func unfinished() []Status { return []Status{Queued, Running, Paused} }

// Priority says which jobs come first.
type Priority string

// The priorities of a job.
const (
	High   Priority = "high"
	Normal Priority = "default" // also when none is given
	Low    Priority = "low"
)

// Counts says what became of a job's steps. Once the job is final, Total =
// Executed + Cached + Failed + Skipped, unless it was interrupted.
type Counts struct {
	Total, Executed, Cached, Failed, Skipped int
}

// Job is one submission of a run.
type Job struct {
	bun.BaseModel `bun:"table:jobs,alias:job"`

	ID      string `bun:",pk"` // ULID; see NewJobID
	RunID   dag.RunID
	PlanID  dag.PlanID // zero until the run is planned
	ActorID string     // whose it is; empty on one's own machine
	Name    string     // the recipe's
	Status  Status

	Priority Priority
	Error    string // why it is FAILED or CANCELLED, for people

	Created  time.Time `bun:"created_at"`
	Started  time.Time `bun:"started_at"`  // zero while it waits
	Finished time.Time `bun:"finished_at"` // zero until it is final

	Counts Counts `bun:"embed:steps_"`

	// Durable: every output is pinned.
	Durable bool
	// Provenance is the document that says how the outputs came to be, and its
	// cid; zero until it is made.
	Provenance    dag.ContentHash
	ProvenanceCID string `bun:"provenance_cid,nullzero"`

	// Request is a JSON document: what was submitted, so that the job can be
	// planned again. It may be long: only Job and OpenJobs fill it in.
	Request string `bun:",scanonly"`

	// What the run is made of. Numbers among the parameters come back as
	// float64.
	Recipe dag.RecipeHash               `bun:",scanonly"`
	Realm  string                       `bun:",scanonly"`
	Params map[string]any               `bun:",scanonly"`
	Inputs map[string][]dag.ContentHash `bun:",scanonly"`
}

// run is the content-addressed part of a job, shared by all jobs that ask for
// the same.
type run struct {
	bun.BaseModel `bun:"table:runs,alias:run"`

	RunID   dag.RunID `bun:",pk"`
	Recipe  dag.RecipeHash
	Realm   string
	Params  map[string]any
	Inputs  map[string][]dag.ContentHash
	Created time.Time `bun:"created_at"`
}

// Finish is how a job ended.
type Finish struct {
	Status  Status // a final one
	Error   string // for people; empty when COMPLETED
	At      time.Time
	Counts  Counts
	Outputs []Output // what was made, also by a job that failed
}

// Output is one result of a job.
type Output struct {
	Name    string
	Content dag.ContentHash
	CID     string // of the same bytes; may be empty
}

// NewJobID returns the id of a job created at that time. Ids sort by time; of
// one process also within a millisecond. Safe for concurrent use.
func NewJobID(at time.Time) string {
	return ulid.MustNew(ulid.Timestamp(at), ulid.DefaultEntropy()).String()
}
