package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/catalog"
)

// ofFarm lists the jobs of a farm, the newest first.
func (c jobsCmd) ofFarm(a *app, status catalog.Status) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	jobs, err := c.pages(a, farm, status)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, j := range jobs {
			if err := printLine(a.stdout, j); err != nil {
				return err
			}
		}
		return nil
	}
	if len(jobs) == 0 {
		fmt.Fprintln(a.stderr, "the farm has no such job")
		return nil
	}
	return farmTable(a.stdout, jobs)
}

// pages reads as many pages as were asked for.
func (c jobsCmd) pages(a *app, farm *client.Client, status catalog.Status) ([]api.Job, error) {
	const most = 500 // jobs of a page
	q := client.JobQuery{Recipe: c.Recipe}
	if status != "" {
		q.Status = []catalog.Status{status}
	}
	var all []api.Job
	for {
		q.Limit = min(int(c.Limit)-len(all), most)
		page, err := farm.Jobs(a.ctx, q)
		all = append(all, page.Jobs...)
		if err != nil || page.Next == "" || len(all) >= int(c.Limit) {
			return all, err
		}
		q.Next = page.Next
	}
}

func farmTable(out io.Writer, jobs []api.Job) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JOB\tSTATUS\tRECIPE\tWHO\tPRIORITY\tSUBMITTED\tSTEPS\tDONE\tRUNNING\tFAILED")
	for _, j := range jobs {
		s := j.Steps
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\n", j.ID, stateOf(j), j.Name, j.Actor, j.Priority,
			j.Created.Local().Format(time.DateTime), s.Total, s.Executed+s.Cached, s.Running, s.Failed)
	}
	return table.Flush()
}
