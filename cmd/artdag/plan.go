package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/engine"
	"github.com/artdag/artdag/executor/sandbox"
)

type planCmd struct {
	shared
	recipeArgs
	Jobs int  `short:"j" env:"ARTDAG_SLOTS" placeholder:"N" help:"Slots to estimate the time for."`
	JSON bool `name:"json" xor:"form" help:"Print the plan as JSON."`
	DOT  bool `name:"dot" xor:"form" help:"Print the recipe's graph for Graphviz."`
	SVG  bool `name:"svg" xor:"form" help:"Print the recipe's graph as a picture."`
}

// Run plans the recipe and says of every step whether its result is known.
func (c planCmd) Run(a *app) error {
	w, err := a.open(c.shared)
	if err != nil {
		return err
	}
	defer w.close()
	box, err := sandbox.New(sandbox.Options{Reexec: true})
	if err != nil {
		return err
	}
	defer box.Close()
	prepared, r, err := w.prepare(a.ctx, c.recipeArgs, box, slots(c.Jobs), nil)
	if err != nil {
		return err
	}
	warn(a, r)
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
	cached := 0
	var bytes int64
	for i, s := range plan.Steps {
		if known[i] {
			cached++
		} else {
			bytes += s.Bytes
		}
		w.app.printf("%-9s %s  %-10s %-24s %s\n", "["+statusOf(known[i])+"]", s.ID.Short(), s.TypeName(), s.Label, inputsOf(plan, s))
	}
	w.app.printf("\nplan %s: %d steps, %d cached, %d to run", plan.ID.Short(), len(plan.Steps), cached, len(plan.Steps)-cached)
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

// inputsOf names what a step reads: labels of steps, short hashes of files.
func inputsOf(plan *dag.Plan, s dag.Step) string {
	const most = 4
	var names []string
	for i, in := range s.Inputs {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(s.Inputs)-most))
			break
		}
		names = append(names, inputName(plan, in))
	}
	return strings.Join(names, ", ")
}

func inputName(plan *dag.Plan, in dag.Input) string {
	if in.IsSource() {
		for name, hashes := range plan.Inputs {
			for _, h := range hashes {
				if h == in.Content {
					return name
				}
			}
		}
		return in.Content.Short()
	}
	for _, s := range plan.Steps {
		if s.ID == in.Step {
			return strings.TrimSuffix(s.Label+"/"+in.Member, "/")
		}
	}
	return in.Step.Short()
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
