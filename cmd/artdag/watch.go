package main

import "time"

type watchCmd struct {
	remote
	Job    string   `arg:"" help:"A job's id, or its beginning."`
	Output []string `name:"output" short:"o" sep:"none" placeholder:"FILE" help:"When it is completed, copy the output to FILE; NAME=FILE where there are several."`
	JSON   bool     `name:"json" help:"Print one JSON object a line; the last is the result."`
}

// Run shows a job of the farm until it has ended.
func (c watchCmd) Run(a *app) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	job, err := farm.Job(a.ctx, c.Job)
	if err != nil {
		return onJob(err, c.Job)
	}
	show := newDisplay(a, c.JSON, leaving)
	defer show.close()
	f := &follower{app: a, farm: farm, remote: c.remote, show: show, job: job.ID, began: job.Created, exports: c.Output}
	if !job.Finished.IsZero() {
		f.began = time.Now().Add(-job.Finished.Sub(job.Created))
	}
	return f.run()
}
