package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor"
)

type typesCmd struct {
	Type string `arg:"" optional:"" help:"A step type to describe."`
}

// Run lists the step types, or describes one with every config key.
func (c typesCmd) Run(a *app) error {
	types, err := registry("")
	if err != nil {
		return err
	}
	if c.Type == "" {
		return listTypes(a.stdout, types)
	}
	e, ok := types.Get(strings.ToUpper(c.Type))
	if !ok {
		return usagef("there is no step type %s%s; there are %s",
			c.Type, dag.Suggest(strings.ToUpper(c.Type), types.Names()), strings.Join(types.Names(), ", "))
	}
	describeType(a.stdout, e.Spec())
	return nil
}

func listTypes(out io.Writer, types *executor.Registry) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range types.Names() {
		e, _ := types.Get(name)
		fmt.Fprintf(table, "%s\t%s\t%s\n", e.Type(), arity(e.Inputs()), e.Spec().Doc)
	}
	return table.Flush()
}

// arity says how many inputs a type takes: "2", "1+", "0 to 3".
func arity(a dag.Arity) string {
	fixed := len(a.Slots)
	switch {
	case a.Rest == nil:
		return fmt.Sprint(fixed)
	case a.Max == 0:
		return fmt.Sprintf("%d+", fixed+a.Min)
	}
	return fmt.Sprintf("%d to %d", fixed+a.Min, fixed+a.Max)
}

func describeType(out io.Writer, s executor.Spec) {
	fmt.Fprintf(out, "%s: %s\n\ninputs (%s):\n", s.Type(), s.Doc, arity(s.Arity))
	slots := s.Arity.Slots
	if s.Arity.Rest != nil {
		slots = append(slots[:len(slots):len(slots)], *s.Arity.Rest)
	}
	for _, slot := range slots {
		fmt.Fprintf(out, "  %s %v  %s\n", slot.Name, slot.Kinds, slot.Doc)
	}
	fmt.Fprint(out, "\nconfig:\n")
	describeKeys(out, s.Keys, "  ")
	if s.Example != "" {
		fmt.Fprintf(out, "\nexample:\n  {id: node, type: %s, config: %s}\n", s.Name, s.Example)
	}
}

func describeKeys(out io.Writer, keys []executor.Key, indent string) {
	for _, k := range keys {
		fmt.Fprintf(out, "%s%s: %s%s\n%s    %s\n", indent, k.Name, k.Accepts(), standing(k), indent, k.Doc)
		nested := k.Keys
		if k.Elem != nil {
			nested = k.Elem.Keys
		}
		describeKeys(out, nested, indent+"    ")
	}
}

func standing(k executor.Key) string {
	unit := ""
	if k.Unit != "" {
		unit = ", in " + k.Unit
	}
	switch {
	case k.Required:
		return unit + " (required)"
	case k.Default != nil:
		return fmt.Sprintf("%s [%v]", unit, k.Default)
	}
	return unit
}
