package api

import "github.com/artdag/artdag/dag"

// Content is what is known of bytes.
type Content struct {
	Hash      dag.ContentHash `json:"content_hash"`
	CID       string          `json:"cid,omitempty"`
	Size      int64           `json:"size"` // bytes
	MediaType string          `json:"media_type,omitempty"`
}
