package tasks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/artdag/artdag/claim"
)

// Journal keeps a worker's completions until the catalog has them, in memory
// and in a file of the worker's folder, one JSON object a line. It is not
// synced: losing Redis and the worker's machine at the same moment repeats
// work, and loses none. It is safe for concurrent use.
type Journal struct {
	path string

	mu      sync.Mutex
	file    *os.File
	entries []Entry // in the order of the stream
	written int     // lines in the file
}

// Entry is a completion and its id in the stream.
type Entry struct {
	Stream string `json:"stream"`
	claim.Report
}

// OpenJournal reads what is there. A torn last line is dropped.
func OpenJournal(dir string) (*Journal, error) {
	j := &Journal{path: filepath.Join(dir, "journal.jsonl")}
	text, err := os.ReadFile(j.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tasks: read journal: %w", err)
	}
	for line := range bytes.Lines(text) {
		var e Entry
		if json.Unmarshal(line, &e) == nil {
			j.entries = append(j.entries, e)
		}
	}
	return j, j.rewrite()
}

// Add notes completions.
func (j *Journal) Add(entries ...Entry) error {
	lines, err := written(entries)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entries...)
	j.written += len(entries)
	if _, err := j.file.Write(lines); err != nil {
		return fmt.Errorf("tasks: journal: %w", err)
	}
	return nil
}

// written are the lines of entries.
func written(entries []Entry) ([]byte, error) {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	for _, e := range entries {
		if err := out.Encode(e); err != nil {
			return nil, fmt.Errorf("tasks: journal: %w", err)
		}
	}
	return text.Bytes(), nil
}

// Recorded drops what the catalog has: everything up to an id of the stream.
func (j *Journal) Recorded(upTo string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.entries[:0]
	for _, e := range j.entries {
		if after(e.Stream, upTo) {
			kept = append(kept, e)
		}
	}
	clear(j.entries[len(kept):])
	j.entries = kept
	if j.written < 1000+2*len(kept) {
		return nil
	}
	return j.rewrite()
}

// Unrecorded returns what is to be reported again.
func (j *Journal) Unrecorded() []claim.Report {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]claim.Report, len(j.entries))
	for i, e := range j.entries {
		out[i] = e.Report
	}
	return out
}

// Reported gives the first n entries their new ids in the stream.
func (j *Journal) Reported(streams []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, s := range streams[:min(len(streams), len(j.entries))] {
		j.entries[i].Stream = s
	}
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// rewrite replaces the file by one with the entries that are left.
func (j *Journal) rewrite() error {
	lines, err := written(j.entries)
	if err != nil {
		return err
	}
	if err := os.WriteFile(j.path+".new", lines, 0o600); err != nil {
		return fmt.Errorf("tasks: journal: %w", err)
	}
	if err := os.Rename(j.path+".new", j.path); err != nil {
		return fmt.Errorf("tasks: journal: %w", err)
	}
	if j.file != nil {
		_ = j.file.Close() // replaced
	}
	file, err := os.OpenFile(j.path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("tasks: journal: %w", err)
	}
	j.file, j.written = file, len(j.entries)
	return nil
}

// after reports whether one id of a stream ("ms-seq") comes after another.
func after(a, b string) bool {
	am, as := streamID(a)
	bm, bs := streamID(b)
	return am > bm || am == bm && as > bs
}

func streamID(id string) (ms, seq uint64) {
	first, second, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(first, 10, 64)   // "" is the beginning
	seq, _ = strconv.ParseUint(second, 10, 64) // none is 0
	return ms, seq
}
