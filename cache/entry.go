package cache

import (
	"encoding/json"
	"time"

	"github.com/artdag/artdag/dag"
)

// Entry is the stored result of one step. Entries are values: they stay as they
// were read, also when the folder is evicted later.
type Entry struct {
	ID        dag.CacheID
	Content   dag.ContentHash // of the file; of the manifest when Multi
	CID       string          // of the same bytes
	Size      int64           // bytes of the file, or of all members together
	MediaType string
	Facts     *dag.Facts // nil for a step with several outputs
	Multi     bool
	Members   []Member // of a step with several outputs, sorted by name
	Created   time.Time
	Made      Made

	Dir  string // absolute path of the entry's folder
	Path string // absolute path of the file, or of manifest.json; read-only
}

// Member is one of several outputs of a step.
type Member struct {
	Name      string
	Content   dag.ContentHash
	CID       string
	Size      int64 // bytes
	MediaType string
	Facts     *dag.Facts
	Path      string // absolute
}

// Made records how a result came to be: what explains a miss later, and what a
// nondeterminism is judged by. Nothing in it decides a look-up.
type Made struct {
	Type      string            `json:"type"`             // versioned: "SEGMENT@1"
	Config    json.RawMessage   `json:"config,omitempty"` // normalised, canonical
	Inputs    []dag.ContentHash `json:"inputs,omitempty"` // in order
	Resolved  dag.CacheID       `json:"resolved_id"`
	Seconds   float64           `json:"seconds"` // of work
	Toolchain string            `json:"toolchain,omitempty"`
}

// Output is a finished result in a scratch folder, ready to be stored.
type Output struct {
	// Path is the file. Put moves it, so it must be on the cache's file system
	// (in a Scratch) and nothing may write to it any more. Its extension is
	// kept. Unused when Multi.
	Path      string
	MediaType string // by the extension when empty
	Facts     *dag.Facts

	Multi   bool
	Members []OutputMember // in any order

	Made Made
}

// OutputMember is one file of an Output with several.
type OutputMember struct {
	Name      string // as in the manifest: zero-padded frame number, or the declared name
	Path      string
	MediaType string
	Facts     *dag.Facts
}

// Member returns the member of that name.
func (e *Entry) Member(name string) (Member, bool) {
	for _, m := range e.Members {
		if m.Name == name {
			return m, true
		}
	}
	return Member{}, false
}
