package main

import "github.com/artdag/artdag/api/client"

type resumeCmd struct{ ofJobs }

// Run goes on with paused jobs.
func (c resumeCmd) Run(a *app) error { return c.each(a, (*client.Client).Resume) }
