package main

import "github.com/artdag/artdag/api/client"

type cancelCmd struct{ ofJobs }

// Run cancels jobs. Steps that other jobs want go on.
func (c cancelCmd) Run(a *app) error { return c.each(a, (*client.Client).Cancel) }
