package main

import (
	"context"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
)

// ofJobs are the arguments of the commands that change jobs.
type ofJobs struct {
	remote
	Jobs []string `arg:"" name:"job" help:"Ids of jobs, or their beginnings."`
	JSON bool     `name:"json" help:"Print one JSON object a line."`
}

// each changes jobs one after the other and prints what they are then.
func (c ofJobs) each(a *app, change func(*client.Client, context.Context, string) (api.Job, error)) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	for _, id := range c.Jobs {
		job, err := change(farm, a.ctx, id)
		if err != nil {
			return onJob(err, id)
		}
		if c.JSON {
			err = printLine(a.stdout, job)
		} else {
			a.printf("job %s is %s, priority %s\n", job.ID, stateOf(job), job.Priority)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
