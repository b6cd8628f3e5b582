package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

type jobsCmd struct {
	shared
	Status string `placeholder:"STATUS" help:"Only jobs in this state."`
	Recipe string `placeholder:"NAME" help:"Only jobs of the recipe with this name."`
	Limit  int    `short:"n" default:"20" help:"How many."`
	JSON   bool   `name:"json" help:"One JSON object a line."`
}

// Run lists jobs, the newest first.
func (c jobsCmd) Run(a *app) error {
	w, err := a.openCatalog(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	jobs, err := w.catalog.Jobs(a.ctx, catalog.Filter{
		Status: catalog.Status(strings.ToUpper(c.Status)), Name: c.Recipe,
	}, catalog.Cursor{}, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(a.stdout)
		for _, j := range jobs {
			if err := enc.Encode(jobLine(j)); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tSTATUS\tRECIPE\tSTARTED\tTOOK\tSTEPS\tEXECUTED\tCACHED\tFAILED")
	for _, j := range jobs {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n", j.ID, j.Status, j.Name,
			j.Created.Local().Format(time.DateTime), took(j), j.Counts.Total, j.Counts.Executed, j.Counts.Cached, j.Counts.Failed)
	}
	return table.Flush()
}

// jobLine is the JSON form of a job.
func jobLine(j catalog.Job) map[string]any {
	return map[string]any{
		"job_id": j.ID, "run_id": j.RunID, "plan_id": j.PlanID, "recipe": j.Name, "status": j.Status,
		"created": j.Created, "error": j.Error, "params": j.Params, "inputs": j.Inputs,
		"steps": closingSteps{j.Counts.Total, j.Counts.Executed, j.Counts.Cached, j.Counts.Failed, j.Counts.Skipped},
	}
}

func took(j catalog.Job) string {
	if j.Finished.IsZero() {
		return "-"
	}
	return seconds(j.Finished.Sub(j.Created).Seconds())
}

// openCatalog opens the cache with its catalog, and first sees to it that jobs
// whose process was killed are not shown as running.
func (a *app) openCatalog(s shared) (*workshop, error) {
	w, err := a.open(s)
	if err != nil {
		return nil, err
	}
	if w.catalog == nil {
		w.close()
		return nil, errNoCatalog
	}
	_, err = w.catalog.MarkInterrupted(a.ctx, time.Now(), func(id string) bool { return engine.Alive(w.cache.Dir(), id) })
	return w, err
}

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
	j, err := w.catalog.Job(a.ctx, c.Job)
	if err != nil {
		return usageError{err}
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
	fmt.Fprintf(out, "job %s  %s  recipe %q\nrun %s\nplan %s\nstarted %s, took %s\n%d steps: %d executed, %d cached, %d failed, %d skipped\n",
		j.ID, j.Status, j.Name, j.RunID, j.PlanID, j.Created.Local().Format(time.DateTime), took(j),
		j.Counts.Total, j.Counts.Executed, j.Counts.Cached, j.Counts.Failed, j.Counts.Skipped)
	if j.Error != "" {
		fmt.Fprintf(out, "%s\n", j.Error)
	}
	for name, hashes := range j.Inputs {
		fmt.Fprintf(out, "input %s %v\n", name, hashes)
	}
	for name, value := range j.Params {
		fmt.Fprintf(out, "param %s = %v\n", name, value)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range steps {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", s.Status, s.Type, s.Label, s.CacheID.Short(),
			stepTime(s), firstLine(s.Message))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if rest := j.Counts.Total - len(steps); rest > 0 && j.Status == catalog.Completed {
		fmt.Fprintf(out, "  %d further steps were known already\n", rest)
	}
	for _, o := range outputs {
		fmt.Fprintf(out, "output %s\n  content %s\n  cid     %s\n", o.Name, o.Content, o.CID)
	}
	return nil
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

type logCmd struct {
	shared
	Job  string `arg:"" help:"A job's id, or its beginning."`
	Step string `arg:"" help:"A step's label, node, or cache_id."`
}

// Run prints what the tools of a step said when it was last executed.
func (c logCmd) Run(a *app) error {
	w, err := a.openCatalog(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	j, err := w.catalog.Job(a.ctx, c.Job)
	if err != nil {
		return usageError{err}
	}
	plan, err := w.plan(j.PlanID)
	if err != nil {
		return fmt.Errorf("plan of job %s: %w", j.ID, err)
	}
	found, err := findSteps(plan, []string{c.Step})
	if err != nil {
		return err
	}
	for _, id := range found {
		if err := w.printLog(id); err != nil {
			return err
		}
	}
	return nil
}

func (w *workshop) printLog(id dag.CacheID) error {
	log, err := w.cache.Log(id)
	if err != nil {
		return fmt.Errorf("log of step %s: %w", id.Short(), err)
	}
	defer log.Close()
	_, err = io.Copy(w.app.stdout, log)
	return err
}
