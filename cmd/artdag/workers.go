package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/catalog"
)

type workersCmd struct {
	remote
	Drain []string `placeholder:"WORKER" help:"Have this worker finish what it runs and take no more."`
	JSON  bool     `name:"json" help:"One JSON object a line."`
}

// Run lists the living workers of the farm, or drains some.
func (c workersCmd) Run(a *app) error {
	farm, err := c.connect(a)
	if err != nil {
		return err
	}
	defer farm.Close()
	for _, id := range c.Drain {
		err := farm.Drain(a.ctx, id)
		if errors.Is(err, catalog.ErrNotFound) {
			return usagef("there is no living worker %s; artdag workers lists them", id)
		}
		if err != nil {
			return err
		}
	}
	workers, err := farm.Workers(a.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, w := range workers {
			if err := printLine(a.stdout, w); err != nil {
				return err
			}
		}
		return nil
	}
	if len(workers) == 0 {
		fmt.Fprintln(a.stderr, "no worker is alive; start one with artdag-worker --server", c.Server)
		return nil
	}
	return workerTable(a.stdout, workers)
}

func workerTable(out io.Writer, workers []api.Worker) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WORKER\tHOST\tSLOTS\tFREE\tCLASSES\tTAGS\tRUNS")
	for _, w := range workers {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\t%s\t%s\n", w.ID, w.Host, w.Slots, w.Free,
			strings.Join(w.Classes, ","), strings.Join(w.Tags, ","), runs(w))
	}
	return table.Flush()
}

func runs(w api.Worker) string {
	var labels []string
	for _, r := range w.Running {
		labels = append(labels, r.Label)
	}
	text := few(labels)
	if w.Draining {
		return strings.TrimSpace("draining " + text)
	}
	return text
}
