package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

// jsonDisplay prints an object a line on stdout; the last is the result.
// Failures are told on stderr as well, for people.
type jsonDisplay struct {
	mu  sync.Mutex
	enc *json.Encoder
	log io.Writer
}

func newJSONDisplay(out, log io.Writer) *jsonDisplay {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return &jsonDisplay{enc: enc, log: log}
}

// jsonEvent is one line of progress.
type jsonEvent struct {
	Event   string       `json:"event"`
	Message string       `json:"message,omitempty"`
	Total   int          `json:"total,omitempty"`
	Needed  *int         `json:"needed,omitempty"`
	Step    string       `json:"step,omitempty"`
	Type    string       `json:"type,omitempty"`
	CacheID *dag.CacheID `json:"cache_id,omitempty"`
	Done    float64      `json:"done,omitempty"`
	Seconds float64      `json:"seconds,omitempty"`
	Error   string       `json:"error,omitempty"`
}

func (d *jsonDisplay) activity(what string) {
	d.print(jsonEvent{Event: "activity", Message: what})
}

func (d *jsonDisplay) begin(map[string]float64) {}

func (d *jsonDisplay) event(e engine.Event) {
	line := jsonEvent{Event: string(e.Kind), Total: e.Total, Done: e.Done, Seconds: e.Seconds}
	if e.Kind == engine.Planned {
		line.Needed = &e.Needed
	}
	if e.Step != nil {
		line.Step, line.Type, line.CacheID = e.Step.Label, e.Step.Type, &e.Step.ID
	}
	if e.Err != nil {
		line.Error = e.Err.Error()
	}
	d.print(line)
}

func (d *jsonDisplay) print(v any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.enc.Encode(v); err != nil {
		fmt.Fprintf(d.log, "artdag: %v\n", err)
	}
}

// closing is the result of a run. submit --wait ends with the same object.
type closing struct {
	JobID   string          `json:"job_id"`
	RunID   dag.RunID       `json:"run_id"`
	PlanID  dag.PlanID      `json:"plan_id"`
	Status  engine.Status   `json:"status"`
	Outputs []closingOutput `json:"outputs"`
	Steps   closingSteps    `json:"steps"`
	Seconds float64         `json:"seconds"`
}

type closingOutput struct {
	Name    string          `json:"name"`
	Content dag.ContentHash `json:"content_hash"`
	CID     string          `json:"cid"`
	Path    string          `json:"path"`
}

type closingSteps struct {
	Total    int `json:"total"`
	Executed int `json:"executed"`
	Cached   int `json:"cached"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
}

func (d *jsonDisplay) result(e ending) {
	problems(d.log, e)
	r := e.report
	end := closing{
		JobID: e.job, RunID: e.plan.Run, PlanID: e.plan.ID, Status: r.Status, Seconds: r.Seconds,
		Outputs: []closingOutput{},
		Steps:   closingSteps{r.Total, r.Executed, r.Cached, r.Failed, r.Skipped},
	}
	for _, o := range r.Outputs {
		end.Outputs = append(end.Outputs, closingOutput{o.Name, o.Content, o.CID, o.Path})
	}
	d.print(end)
}

func (d *jsonDisplay) close() {}
