package provenance

import (
	"time"

	"github.com/artdag/artdag/dag"
)

// Record says how the outputs of one completed job came about.
type Record struct {
	Job    string // ULID of the submission
	RunID  dag.RunID
	PlanID dag.PlanID // zero where the run was never planned
	Recipe dag.RecipeHash
	Name   string // the recipe's
	Realm  string // empty for most farms
	// Params are all parameters of the run. Numbers come back as float64.
	Params map[string]any
	Inputs map[string][]dag.ContentHash
	// Steps in the order of the plan. Their order is kept.
	Steps []Step
	// Outputs, at least one; their names differ. Their order is kept.
	Outputs           []Output
	Started, Finished time.Time // UTC when they come back; zero is left out
	// Farm is the URI of the farm that vouches for it: "https://farm.example",
	// "urn:artdag:studio".
	Farm string
}

// Step is one unit of work that the outputs needed.
type Step struct {
	CacheID    dag.CacheID
	ResolvedID dag.CacheID // zero where it is not known
	Type       string      // with its behaviour version: "SEGMENT@1"
	Label      string      // what the recipe calls it
	Content    dag.ContentHash
	// Toolchain is the fingerprint of the tools, Worker the one who did it;
	// empty where that is not known.
	Toolchain, Worker string
	Started, Finished time.Time // UTC when they come back; zero is left out
	// Cached says that the job found the result; then the rest tells of whoever
	// made it.
	Cached bool
}

// Output is one thing that the job made.
type Output struct {
	Name    string
	Content dag.ContentHash
	CID     string // empty without IPFS
}
