package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/claim"
)

// measureMerge submits very many jobs at once that want the same work, and then
// very many that share all but one step, beside one job. What is to be done once
// is counted, too. The steps sleep.
func measureMerge(b *bench) (rows []result, err error) {
	const sleep = 200 * time.Millisecond
	w, err := b.newWhole(2, crewMember{Slots: slotsOfWorker, Sleep: sleep})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	jobs := b.n(200, 20)
	for _, kind := range []struct {
		name    string
		recipes func() []string
		steps   int
		goal    goal
	}{
		{"merge %d jobs of one run", func() []string { return b.sameRecipes(jobs) }, 100, atMost("ratio", 1.5)},
		{"merge %d runs sharing 99 of 100 steps", func() []string { return b.sharingRecipes(jobs) }, 99 + jobs, atMost("ratio", 4)},
	} {
		row, err := alternate(b.n(3, 1),
			func() (float64, error) { return w.merged(kind.recipes(), kind.steps) },
			func() (float64, error) { return w.merged(b.sameRecipes(1), 100) })
		if err != nil {
			return rows, err
		}
		row.Name, row.Goal = fmt.Sprintf(kind.name, jobs), kind.goal
		row.Beside = fmt.Sprintf("one job of 100 steps that sleep %v; %d executions", sleep, kind.steps)
		rows = append(rows, row.judged())
	}
	return rows, nil
}

func (b *bench) sameRecipes(n int) []string {
	recipe := b.recipe(100)
	out := make([]string, n)
	for i := range out {
		out[i] = recipe
	}
	return out
}

// sharingRecipes returns n recipes of 99 steps in common and one of their own.
func (b *bench) sharingRecipes(n int) []string {
	shared := b.recipe(99)
	out := make([]string, n)
	for i := range out {
		b.made++
		own := fmt.Sprintf("  - {id: own, type: COMMAND, config: {argv: [sh, -c, \": %d > {out}\"], outputs: out.txt}}\noutputs: [s, own]", b.made)
		out[i] = strings.Replace(shared, "outputs: [s]", own, 1)
	}
	return out
}

// merged submits all the recipes at once and returns the seconds until all jobs
// have completed. It is an error when they took more or fewer executions.
func (w *whole) merged(recipes []string, want int) (float64, error) {
	before, err := w.crew.executions()
	if err != nil {
		return 0, err
	}
	used := cpuNow()
	took, err := seconds(func() error {
		jobs, err := w.submitAll(recipes)
		if err != nil {
			return err
		}
		return w.completed(jobs...)
	})
	if err != nil {
		return 0, err
	}
	w.bench.say("%d jobs, of which %d steps were executed: %.2f s, for each job %s", len(recipes), want, took, cpuNow().since(used, len(recipes)))
	after, err := w.crew.executions()
	if err == nil {
		err = w.attested() // or the next would pay for it
	}
	if err == nil && after-before != want {
		err = fmt.Errorf("%d jobs took %d executions, want %d", len(recipes), after-before, want)
	}
	return took, err
}

// submitAll has 16 clients submit.
func (w *whole) submitAll(recipes []string) ([]string, error) {
	jobs := make([]string, len(recipes))
	var group errgroup.Group
	group.SetLimit(16)
	for i, recipe := range recipes {
		group.Go(func() (err error) {
			jobs[i], err = w.submit(recipe, claim.Default)
			return err
		})
	}
	return jobs, group.Wait()
}

// executions is how many steps the workers have begun.
func (c crew) executions() (int, error) {
	begun, err := c.begun()
	n := 0
	for _, times := range begun {
		n += len(times)
	}
	return n, err
}
