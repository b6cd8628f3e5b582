package api

import (
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/dag"
)

// Submission asks for a job.
type Submission struct {
	Recipe string `json:"recipe" doc:"The recipe: YAML or JSON." minLength:"1"`
	File   string `json:"file,omitempty" doc:"How messages name the recipe's file." maxLength:"1000"`
	// Inputs must be on the farm; an input that takes one file has one hash.
	Inputs map[string][]dag.ContentHash `json:"inputs,omitempty" doc:"Content hashes by the name of the input."`
	// InputNames are the files' own names: tools see a source with the extension
	// that it has there.
	InputNames map[dag.ContentHash]string `json:"input_names,omitempty" doc:"Names of the files, by content hash."`
	Params     map[string]any             `json:"params,omitempty" doc:"Parameters by name, typed as the recipe declares them."`
	Priority   claim.Priority             `json:"priority,omitempty" enum:"high,default,low" doc:"Default: default."`
	Until      string                     `json:"until,omitempty" doc:"A node to stop at, instead of the recipe's outputs."`
	// Actor is who submits: the owner of the token. The API sets it.
	Actor string `json:"-"`
}

// Job is one submission and how far it is.
type Job struct {
	ID     string     `json:"job_id"`
	RunID  dag.RunID  `json:"run_id"`
	PlanID dag.PlanID `json:"plan_id,omitzero"` // zero until it is planned
	Name   string     `json:"recipe" doc:"Name of the recipe."`
	Actor  string     `json:"actor,omitempty"`

	Status   catalog.Status `json:"status" enum:"QUEUED,RUNNING,PAUSED,COMPLETED,FAILED,CANCELLED,INTERRUPTED"`
	Error    string         `json:"error,omitempty" doc:"Why it failed or was cancelled."`
	Priority claim.Priority `json:"priority"`
	Durable  bool           `json:"durable" doc:"Every output is pinned."`

	Created  time.Time `json:"created"`
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`

	Steps    Counts        `json:"steps"`
	Outputs  []Output      `json:"outputs,omitempty" doc:"In the order of the recipe."`
	Failures []StepFailure `json:"failures,omitempty" doc:"The first ones."`

	Missing       string   `json:"missing,omitempty" doc:"What keeps it from going on: no living worker has tag gpu."`
	Shunned       []string `json:"shunned,omitempty" doc:"Workers that get no more of its steps because they failed several."`
	ProvenanceCID string   `json:"provenance_cid,omitempty"`

	Params map[string]any               `json:"params,omitempty"`
	Inputs map[string][]dag.ContentHash `json:"inputs,omitempty"`
}

// Counts says how far the steps of a job are. Once it is final, Total =
// Executed + Cached + Failed + Skipped.
type Counts struct {
	Total    int `json:"total"` // 0 until the job is planned
	Executed int `json:"executed"`
	Cached   int `json:"cached"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
	Open     int `json:"open" doc:"Not ended yet, running ones included."`
	Running  int `json:"running"`
}

// Output is one output of a job.
type Output struct {
	Name      string          `json:"name"`
	Content   dag.ContentHash `json:"content_hash"` // of the manifest where there are Members
	CID       string          `json:"cid,omitempty"`
	Size      int64           `json:"size" doc:"Bytes; of all members together."`
	MediaType string          `json:"media_type,omitempty"`
	Format    string          `json:"format,omitempty" doc:"Container: mp4, matroska, png, ..."`
	Members   []Member        `json:"members,omitempty" doc:"The files of an output with several."`
}

// Member is one file of an output with several.
type Member struct {
	Name    string          `json:"name"`
	Content dag.ContentHash `json:"content_hash"`
	CID     string          `json:"cid,omitempty"`
	Size    int64           `json:"size"`
}

// StepFailure is a step that failed, and why.
type StepFailure struct {
	Label   string      `json:"step"`
	Type    string      `json:"type"` // versioned
	Step    dag.CacheID `json:"cache_id"`
	Message string      `json:"message"`
	Worker  string      `json:"worker,omitempty"`
}

// Step is one step of a job as it is now.
type Step struct {
	ID       dag.CacheID        `json:"cache_id"`
	Position int                `json:"position"` // in the plan, from 0
	Label    string             `json:"step"`
	Node     string             `json:"node"`
	Type     string             `json:"type"` // versioned
	Status   catalog.StepStatus `json:"status" enum:"PENDING,RUNNING,COMPLETED,CACHED,FAILED,SKIPPED"`
	// Waits says what keeps a pending step: "2 inputs", "its turn", "a worker".
	Waits    string          `json:"waits,omitempty" doc:"What a pending step waits for."`
	Worker   string          `json:"worker,omitempty" doc:"Who runs it, or made its result."`
	Attempts int             `json:"attempts,omitempty" doc:"Spent by failures."`
	Done     float64         `json:"done,omitempty" doc:"Progress of a running step, 0 to 1."`
	Content  dag.ContentHash `json:"content_hash,omitzero"`
	Error    string          `json:"error,omitempty"`
	Started  time.Time       `json:"started,omitzero"`
	Finished time.Time       `json:"finished,omitzero"`
}
