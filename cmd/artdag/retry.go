package main

import "github.com/artdag/artdag/api/client"

type retryCmd struct{ ofJobs }

// Run begins jobs again. What is done stays done.
func (c retryCmd) Run(a *app) error { return c.each(a, (*client.Client).Retry) }
