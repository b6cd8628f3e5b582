package main

import "github.com/artdag/artdag/api/client"

type pauseCmd struct{ ofJobs }

// Run starts no more steps of jobs.
func (c pauseCmd) Run(a *app) error { return c.each(a, (*client.Client).Pause) }
