package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

type jobsCmd struct {
	shared
	remote
	Status string   `placeholder:"STATUS" help:"Only jobs in this state: queued, running, paused, completed, failed, cancelled, interrupted."`
	Recipe string   `placeholder:"NAME" help:"Only jobs of the recipe with this name."`
	Limit  positive `short:"n" default:"20" help:"How many."`
	JSON   bool     `name:"json" help:"One JSON object a line."`
}

// Run lists jobs, the newest first.
func (c jobsCmd) Run(a *app) error {
	status, err := readStatus(c.Status)
	if err != nil {
		return err
	}
	if c.Server != "" {
		return c.ofFarm(a, status)
	}
	w, err := a.openCatalog(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	jobs, err := w.catalog.Jobs(a.ctx, catalog.Filter{Status: status, Name: c.Recipe}, catalog.Cursor{}, int(c.Limit))
	if err != nil {
		return err
	}
	if c.JSON {
		return jobLines(a.stdout, jobs)
	}
	if len(jobs) == 0 {
		fmt.Fprintln(a.stderr, "no such job ran on this cache")
		return nil
	}
	return jobTable(a.stdout, jobs)
}

// readStatus reads the state of a job in any case of letters.
func readStatus(given string) (catalog.Status, error) {
	if given == "" {
		return "", nil
	}
	var known []string
	for _, s := range api.Statuses() {
		known = append(known, string(s))
	}
	if status := strings.ToUpper(given); slices.Contains(known, status) {
		return catalog.Status(status), nil
	}
	return "", usagef("--status %s: there is no such state%s; there are %s",
		given, dag.Suggest(strings.ToUpper(given), known), strings.Join(known, ", "))
}

func jobLines(out io.Writer, jobs []catalog.Job) error {
	enc := json.NewEncoder(out)
	for _, j := range jobs {
		if err := enc.Encode(jobLine(j)); err != nil {
			return err
		}
	}
	return nil
}

func jobTable(out io.Writer, jobs []catalog.Job) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
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
	if _, err := w.catalog.MarkInterrupted(a.ctx, time.Now(), func(id string) bool { return engine.Alive(w.cache.Dir(), id) }); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// job finds a job by its id, or the beginning of it.
func (w *workshop) job(id string) (catalog.Job, error) {
	j, err := w.catalog.Job(w.app.ctx, id)
	var ambiguous *catalog.AmbiguousError
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		return j, usagef("there is no job %s; artdag jobs lists them", id)
	case errors.As(err, &ambiguous):
		return j, usageError{ambiguous}
	}
	return j, err
}
