package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/effects"
)

type effectsCmd struct {
	Effect  string `arg:"" optional:"" help:"An effect to describe."`
	Effects string `name:"effects" placeholder:"DIR" help:"Folder of further effects."`
}

// Run lists the effects, or describes one with its parameters.
func (c effectsCmd) Run(a *app) error {
	all, err := effects.Shipped()
	if err != nil {
		return err
	}
	if c.Effects != "" {
		more, err := loadEffects(c.Effects)
		if err != nil {
			return err
		}
		if all, err = effects.Join(all, more); err != nil {
			return usageError{fmt.Errorf("--effects %s: %w", c.Effects, err)}
		}
	}
	if c.Effect == "" {
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, e := range all {
			fmt.Fprintf(table, "%s\t%s\n", e.Name, e.Doc)
		}
		return table.Flush()
	}
	e, ok := effects.Find(all, c.Effect)
	if !ok {
		var names []string
		for _, e := range all {
			names = append(names, e.Name)
		}
		return usagef("there is no effect %s%s; there are %s", c.Effect, dag.Suggest(c.Effect, names), strings.Join(names, ", "))
	}
	describeEffect(a.stdout, e)
	return nil
}

func describeEffect(out io.Writer, e effects.Effect) {
	fmt.Fprintf(out, "%s (version %d): %s\n\nparameters:\n", e.Name, e.Version, e.Doc)
	for _, p := range e.Params {
		fmt.Fprintf(out, "  %s: %s%s [%v]\n      %s\n", p.Name, p.Type, limits(p), p.Default, p.Doc)
	}
	for name, graph := range map[string]string{"picture": e.Video, "sound": e.Audio} {
		if graph != "" {
			fmt.Fprintf(out, "\n%s: %s\n", name, graph)
		}
	}
	fmt.Fprintf(out, "\nexample:\n  {id: node, type: EFFECT, config: {effect: %s}, inputs: [clip]}\n", e.Name)
}

func limits(p effects.Param) string {
	switch {
	case len(p.Choices) > 0:
		return " of " + strings.Join(p.Choices, ", ")
	case p.Min != nil && p.Max != nil:
		return fmt.Sprintf(" from %v to %v%s", *p.Min, *p.Max, unit(p))
	}
	return unit(p)
}

func unit(p effects.Param) string {
	if p.Unit == "" {
		return ""
	}
	return " in " + p.Unit
}
