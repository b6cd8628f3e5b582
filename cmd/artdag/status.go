package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
)

type statusCmd struct {
	remote
	Job  string `arg:"" help:"A job's id, or its beginning."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run says how far a job of the farm is.
func (c statusCmd) Run(a *app) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	job, err := farm.Job(a.ctx, c.Job)
	if err != nil {
		return onJob(err, c.Job)
	}
	if c.JSON {
		return printJSON(a, job)
	}
	steps, err := farm.Steps(a.ctx, job.ID)
	if err != nil {
		return err
	}
	printStatus(a.stdout, job)
	return printRunning(a.stdout, steps)
}

func printStatus(out io.Writer, j api.Job) {
	fmt.Fprintf(out, "job %s  %s  recipe %q  priority %s\n", j.ID, stateOf(j), j.Name, j.Priority)
	fmt.Fprintf(out, "submitted %s%s\n", j.Created.Local().Format(time.DateTime), by(j))
	s := j.Steps
	fmt.Fprintf(out, "%s: %d executed, %d cached, %d failed, %d skipped, %d running, %d open\n",
		countOf(s.Total, "step"), s.Executed, s.Cached, s.Failed, s.Skipped, s.Running, s.Open)
	if j.Error != "" {
		fmt.Fprintln(out, j.Error)
	}
	for _, w := range j.Shunned {
		fmt.Fprintf(out, "worker %s failed several steps and gets no more of this job\n", w)
	}
	for _, f := range j.Failures {
		fmt.Fprintf(out, "FAILED %s (%s %s): %s\n", f.Label, f.Type, f.Step.Short(), f.Message)
	}
	for _, o := range j.Outputs {
		fmt.Fprintf(out, "output %s\n  content %s\n  cid     %s\n", o.Name, o.Content, o.CID)
	}
	if j.Status == catalog.Completed && j.Durable {
		fmt.Fprintln(out, "durable: every output is pinned")
	}
}

func by(j api.Job) string {
	text := ""
	if j.Actor != "" {
		text = " by " + j.Actor
	}
	if !j.Finished.IsZero() {
		text += ", took " + seconds(j.Finished.Sub(j.Created).Seconds())
	}
	return text
}

// printRunning lists what runs now.
func printRunning(out io.Writer, steps []api.Step) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range steps {
		if s.Status == catalog.StepRunning {
			fmt.Fprintf(table, "  %s\t%s\t%s\ton %s\t%.0f %%\n", s.Status, s.Type, s.Label, s.Worker, s.Done*100)
		}
	}
	return table.Flush()
}

// printLine prints a value as one line of JSON.
func printLine(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
