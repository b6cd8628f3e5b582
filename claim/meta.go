package claim

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/artdag/artdag/dag"
)

// Meta is what a completion says of itself for the catalog. It travels as JSON
// in the stream of completions.
type Meta struct {
	Label     string    `json:"label,omitempty"`
	Type      string    `json:"type"` // versioned
	Toolchain string    `json:"toolchain,omitempty"`
	Started   time.Time `json:"started"`
	Wall      int64     `json:"wall,omitempty"` // ms
	Tool      int64     `json:"tool,omitempty"` // ms of it in tools
	Cost      float64   `json:"cost,omitempty"` // that the plan had estimated, seconds
	Attempt   int       `json:"attempt,omitempty"`
	// Items are the bytes that were made: the output, or manifest and members.
	Items []MetaItem `json:"items,omitempty"`
	// Log is the content of the step's log; zero for none.
	Log dag.ContentHash `json:"log,omitzero"`
}

// MetaItem is one piece of content.
type MetaItem struct {
	Content   dag.ContentHash `json:"hash"`
	CID       string          `json:"cid,omitempty"`
	Size      int64           `json:"size"`
	MediaType string          `json:"media,omitempty"`
}

// Encode returns the JSON.
func (m Meta) Encode() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Errorf("claim: write meta: %w", err)) // no field of it can fail
	}
	return string(text)
}

// DecodeMeta reads what Encode wrote; a completion without it has the zero
// value.
func DecodeMeta(text string) (Meta, error) {
	var m Meta
	if text == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, fmt.Errorf("claim: read meta: %w", err)
	}
	return m, nil
}
