package main

import (
	"context"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/api/client"
	"github.com/artdag/artdag/claim"
)

type priorityCmd struct {
	Priority string `arg:"" enum:"high,default,low" help:"high, default or low."`
	ofJobs
}

// Run changes the priority of jobs.
func (c priorityCmd) Run(a *app) error {
	return c.each(a, func(farm *client.Client, ctx context.Context, id string) (api.Job, error) {
		return farm.SetPriority(ctx, id, claim.Priority(c.Priority))
	})
}
