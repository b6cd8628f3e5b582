package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// document is what -json writes.
type document struct {
	Machine machine  `json:"machine"`
	Quick   bool     `json:"quick"`
	Results []result `json:"results"`
}

func writeJSON(path string, d document) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func printTable(w io.Writer, results []result) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nname\tours\ttheirs\tratio\tgoal\t\tbeside")
	for _, r := range results {
		fmt.Fprintln(table, r.line())
	}
	_ = table.Flush() // to the terminal
}

func (r result) line() string {
	if r.Failed != "" {
		return fmt.Sprintf("%s\t-\t-\t-\t-\tFAILED\t%s", r.Name, r.Failed)
	}
	verdict, theirs, ratio := "MISSED", "-", "-"
	switch {
	case r.Goal.Of == "":
		verdict = ""
	case r.Met:
		verdict = "met"
	}
	if r.Theirs != 0 {
		theirs, ratio = figure(r.Theirs, r.Unit), fmt.Sprintf("%.2f", r.Ratio)
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", r.Name, figure(r.Ours, r.Unit), theirs, ratio, r.Goal.text(r.Unit), verdict, r.Beside)
}

// figure writes a value of a unit in three digits or so.
func figure(v float64, unit string) string {
	if unit == "s" && v < 1 {
		return fmt.Sprintf("%.3g ms", v*1000)
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}

func printList(w io.Writer, chosen []measurement) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range chosen {
		fmt.Fprintf(table, "%s\t%s\n", m.name, m.work)
	}
	_ = table.Flush() // to the terminal
}
