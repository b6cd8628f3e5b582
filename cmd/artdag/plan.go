package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
)

type planCmd struct {
	shared
	recipeArgs
	Jobs positive `short:"j" env:"ARTDAG_SLOTS" placeholder:"N" help:"Slots to estimate the time for."`
	JSON bool     `name:"json" xor:"form" help:"Print the plan as JSON."`
	DOT  bool     `name:"dot" xor:"form" help:"Print the recipe's graph for Graphviz."`
	SVG  bool     `name:"svg" xor:"form" help:"Print the recipe's graph as a picture."`
}

// Run plans the recipe and says of every step whether its result is known.
func (c planCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	prepared, err := w.prepare(a.ctx, c.recipeArgs, slots(c.Jobs), nil)
	if err != nil {
		return err
	}
	known, err := engine.Known(w.cache, prepared.Plan)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return planJSON(a.stdout, prepared.Plan, known)
	case c.DOT:
		_, err := io.WriteString(a.stdout, dotOf(graphOf(prepared.Plan, known)))
		return err
	case c.SVG:
		_, err := io.WriteString(a.stdout, svgOf(graphOf(prepared.Plan, known)))
		return err
	}
	return c.table(w, prepared.Plan, known)
}

// planned is a step with whether its result is known.
type planned struct {
	dag.Step
	Status string `json:"status"`
}

func statusOf(known bool) string {
	if known {
		return "CACHED"
	}
	return "PENDING"
}

func planJSON(out io.Writer, plan *dag.Plan, known []bool) error {
	steps := make([]planned, len(plan.Steps))
	for i, s := range plan.Steps {
		steps[i] = planned{s, statusOf(known[i])}
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		*dag.Plan
		Steps []planned `json:"steps"`
	}{plan, steps})
}

func (c planCmd) table(w *workshop, plan *dag.Plan, known []bool) error {
	cached, bytes, names := 0, int64(0), newNames(plan)
	out := bufio.NewWriter(w.app.stdout)
	for i, s := range plan.Steps {
		if known[i] {
			cached++
		} else {
			bytes += s.Bytes
		}
		fmt.Fprintf(out, "%-9s %s  %-10s %-24s %s\n", "["+statusOf(known[i])+"]", s.ID.Short(), s.TypeName(), s.Label, names.inputs(s))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	w.app.printf("\nplan %s: %s, %d cached, %d to run", plan.ID.Short(), countOf(len(plan.Steps), "step"), cached, len(plan.Steps)-cached)
	if cached == len(plan.Steps) {
		w.app.printf("\n")
		return nil
	}
	estimate, err := w.estimate(plan, known, slots(c.Jobs))
	if err != nil {
		return err
	}
	w.app.printf(", about %s and %s\n", seconds(estimate), humanize.IBytes(uint64(bytes)))
	return nil
}

// estimate returns the seconds that the steps to run will take on n slots:
// no less than their work spread over the slots, nor than the longest chain.
// The factors between estimated cost and seconds are what earlier runs took.
func (w *workshop) estimate(plan *dag.Plan, known []bool, n int) (float64, error) {
	factors, err := w.timings()
	if err != nil {
		return 0, err
	}
	work, longest := 0.0, 0.0
	ends := make(map[dag.CacheID]float64, len(plan.Steps))
	for i, s := range plan.Steps {
		begin := 0.0
		for _, in := range s.Inputs {
			begin = max(begin, ends[in.Step])
		}
		took := 0.0
		if !known[i] {
			took = s.Cost * factor(factors, s.Type)
		}
		work += took * float64(min(max(s.Slots, 1), n))
		ends[s.ID] = begin + took
		longest = max(longest, ends[s.ID])
	}
	return max(longest, work/float64(n)), nil
}

func factor(factors map[string]float64, typ string) float64 {
	if f, ok := factors[typ]; ok {
		return f
	}
	return 1
}
