package pipeline

import (
	"sync"
	"time"
)

// State is what a processor is at.
type State string

// States are all of them.
func States() []State { return []State{Idle, Running, Open, Hung, Away, Stopped} }

// The states of a processor.
const (
	Idle    State = "idle"    // waits for its interval or its bell
	Running State = "running" // is at work
	Open    State = "open"    // something is down: waits until RetryAt
	Hung    State = "hung"    // a call does not come back; nothing is done until it does
	Away    State = "away"    // another scheduler has the lease
	Stopped State = "stopped" // or not started yet
)

// Status is a look at one processor in this process.
type Status struct {
	Name      string
	State     State
	Cursor    string    // committed, as of the last round here
	LastRun   time.Time // when the last round began; zero before the first
	LastGood  time.Time // when a round last went well; zero before the first
	RetryAt   time.Time // when it is tried again; zero unless Open
	Processed int64     // items, since the start
	Retrying  int       // items that failed and are tried again
	Parked    int       // items that wait for a person
	Error     string    // of the last round; empty when it went well
}

// begin notes that a round begins, or that another process has the lease.
func (s *Status) begin(cursor string, held bool, now time.Time) {
	s.Cursor, s.RetryAt = cursor, time.Time{}
	if !held {
		s.State, s.Error = Away, ""
		return
	}
	s.State, s.LastRun = Running, now
}

// end notes that a round went well, and whether the next one follows at once.
func (s *Status) end(more bool, now time.Time) {
	s.Error, s.LastGood = "", now
	if !more {
		s.State = Idle
	}
}

// notes are a status that is written by the loop and read by anybody.
type notes struct {
	mu sync.Mutex
	s  Status
}

func (n *notes) update(change func(*Status)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.s)
}

func (n *notes) snapshot() Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.s
}
