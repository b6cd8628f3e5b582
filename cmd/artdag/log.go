package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

type logCmd struct {
	shared
	remote
	Job    string `arg:"" help:"A job's id, or its beginning."`
	Step   string `arg:"" help:"A step's label, node, or cache_id."`
	Follow bool   `short:"f" help:"On a farm: go on until the step has ended."`
}

// Run prints what the tools of a step said when it was last executed.
func (c logCmd) Run(a *app) error {
	if c.Server != "" {
		return c.ofFarm(a)
	}
	if c.Follow {
		return usagef("--follow is for a farm's jobs: give --server URL; a run here shows what it does")
	}
	w, err := a.openCatalog(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	j, err := w.job(c.Job)
	if err != nil {
		return err
	}
	plan, err := w.plan(j.PlanID)
	if err != nil {
		return fmt.Errorf("plan of job %s: %w", j.ID, err)
	}
	found, err := findSteps(plan, []string{c.Step})
	if err != nil {
		return err
	}
	for _, id := range found {
		if err := w.printLog(id, c.Step); err != nil {
			return err
		}
	}
	return nil
}

func (w *workshop) printLog(id dag.CacheID, name string) error {
	log, err := w.cache.Log(id)
	if errors.Is(err, cache.ErrMissing) {
		return usagef("there is no log of %s (%s): it was not executed here, or the log was evicted", name, id.Short())
	}
	if err != nil {
		return err
	}
	defer log.Close()
	n, err := io.Copy(w.app.stdout, log)
	if n == 0 && err == nil {
		fmt.Fprintf(w.app.stderr, "the tools of %s (%s) said nothing\n", name, id.Short())
	}
	return err
}
