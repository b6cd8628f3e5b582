package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/artdag/artdag/catalog"
)

// ofFarm prints what the tools of a step said on the farm.
func (c logCmd) ofFarm(a *app) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	plan, err := farm.Plan(a.ctx, c.Job)
	if err != nil {
		return onJob(err, c.Job)
	}
	found, err := findSteps(plan, []string{c.Step})
	if err != nil {
		return err
	}
	for _, id := range found {
		said := &counter{Writer: a.stdout}
		err := farm.Log(a.ctx, c.Job, id, c.Follow, said)
		switch {
		case errors.Is(err, catalog.ErrNotFound):
			return usagef("the farm has no log of %s (%s): it was not executed, or the log was evicted", c.Step, id.Short())
		case err != nil:
			return err
		case said.n == 0:
			fmt.Fprintf(a.stderr, "the tools of %s (%s) said nothing\n", c.Step, id.Short())
		}
	}
	return nil
}

// counter counts the bytes that are written.
type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}
