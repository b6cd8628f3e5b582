package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/artdag/artdag/catalog"
)

type showCmd struct {
	shared
	Job  string `arg:"" help:"A job's id, or its beginning."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run shows a job, what it was given, what became of its steps, and what it
// produced.
func (c showCmd) Run(a *app) error {
	w, err := a.openCatalog(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	j, err := w.job(c.Job)
	if err != nil {
		return err
	}
	steps, err := w.jobSteps(j.ID)
	if err != nil {
		return err
	}
	outputs, err := w.catalog.JobOutputs(a.ctx, j.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		line := jobLine(j)
		line["outputs"], line["executions"] = outputs, steps
		return printJSON(a, line)
	}
	return showJob(a.stdout, j, steps, outputs)
}

func (w *workshop) jobSteps(job string) ([]catalog.StepRecord, error) {
	const page = 1000
	var all []catalog.StepRecord
	for from := 0; ; {
		part, err := w.catalog.JobSteps(w.app.ctx, job, from, page)
		all = append(all, part...)
		if err != nil || len(part) < page {
			return all, err
		}
		from = part[len(part)-1].Position + 1
	}
}

func showJob(out io.Writer, j catalog.Job, steps []catalog.StepRecord, outputs []catalog.Output) error {
	fmt.Fprintf(out, "job %s  %s  recipe %q\nrun %s\nplan %s\nstarted %s, took %s\n%s: %d executed, %d cached, %d failed, %d skipped\n",
		j.ID, j.Status, j.Name, j.RunID, j.PlanID, j.Created.Local().Format(time.DateTime), took(j),
		countOf(j.Counts.Total, "step"), j.Counts.Executed, j.Counts.Cached, j.Counts.Failed, j.Counts.Skipped)
	if j.Error != "" {
		fmt.Fprintf(out, "%s\n", j.Error)
	}
	showGiven(out, j)
	if err := showSteps(out, steps); err != nil {
		return err
	}
	if rest := j.Counts.Total - len(steps); rest > 0 && j.Status == catalog.Completed {
		fmt.Fprintf(out, "  %s known before\n", countOf(rest, "step"))
	}
	for _, o := range outputs {
		fmt.Fprintf(out, "output %s\n  content %s\n  cid     %s\n", o.Name, o.Content, o.CID)
	}
	return nil
}

// showGiven prints inputs and parameters, by name.
func showGiven(out io.Writer, j catalog.Job) {
	for _, name := range slices.Sorted(maps.Keys(j.Inputs)) {
		for _, hash := range j.Inputs[name] {
			fmt.Fprintf(out, "input %s %s\n", name, hash)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.Params)) {
		fmt.Fprintf(out, "param %s = %v\n", name, j.Params[name])
	}
}

func showSteps(out io.Writer, steps []catalog.StepRecord) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range steps {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", s.Status, s.Type, s.Label, s.CacheID.Short(),
			stepTime(s), firstLine(strings.TrimPrefix(s.Message, s.Type+": ")))
	}
	return table.Flush()
}

func stepTime(s catalog.StepRecord) string {
	if s.Started.IsZero() {
		return "-"
	}
	return seconds(s.Finished.Sub(s.Started).Seconds())
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
