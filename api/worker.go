package api

import (
	"time"

	"github.com/artdag/artdag/dag"
)

// Worker is a worker as it last said.
type Worker struct {
	ID       string    `json:"id"`
	Host     string    `json:"host,omitempty"`
	Slots    int       `json:"slots"`
	Free     int       `json:"free"`
	Classes  []string  `json:"classes,omitempty" doc:"Resource classes that it serves."`
	Tags     []string  `json:"tags,omitempty"`
	Draining bool      `json:"draining"`
	Note     string    `json:"note,omitempty" doc:"What is wrong with it."`
	Seen     time.Time `json:"seen"` // its last heartbeat
	Started  time.Time `json:"started,omitzero"`
	Running  []Running `json:"running,omitempty"`
	// Toolchain is the fingerprint of its tools and architecture.
	Toolchain string `json:"toolchain,omitempty"`
	Version   string `json:"version,omitempty"` // of artdag
	Address   string `json:"address,omitempty" doc:"Where peers reach it."`
	// How full its cache and the disk of that are, in bytes; 0 when unknown.
	CacheBytes int64 `json:"cache_bytes,omitempty"`
	DiskFree   int64 `json:"disk_free,omitempty"`
	DiskSize   int64 `json:"disk_size,omitempty"`
}

// Running is a step that a worker runs.
type Running struct {
	Step  dag.CacheID `json:"cache_id"`
	Label string      `json:"step,omitempty"`
	Type  string      `json:"type,omitempty"`
	Done  float64     `json:"done"` // 0 to 1
	Since time.Time   `json:"since,omitzero"`
}
