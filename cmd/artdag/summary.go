package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/artdag/artdag/engine"
)

// shownOutputs is how many outputs and failures a person is shown; all of them
// are in run --json and in artdag show.
const shownOutputs = 20

// summary says how the run ended, and where things are. What went wrong goes to
// log, the result to out.
func summary(out, log io.Writer, e ending) {
	r := e.report
	problems(log, e)
	fmt.Fprintf(out, "%s in %s: %s, %d executed, %d cached, %d failed, %d skipped\n",
		r.Status, seconds(r.Seconds), countOf(r.Total, "step"), r.Executed, r.Cached, r.Failed, r.Skipped)
	if e.verified && r.Status == engine.Completed && len(r.Differed) == 0 {
		fmt.Fprintln(out, "verified: every step gave the recorded bytes again")
	}
	if e.farm != nil {
		farmSummary(out, log, e)
		return
	}
	if r.Status == engine.Interrupted {
		fmt.Fprintln(out, "interrupted: what is done is kept, and the same command goes on from here")
		return
	}
	for i, o := range r.Outputs {
		if i == shownOutputs {
			fmt.Fprintf(out, "and %s more\n", countOf(len(r.Outputs)-i, "output"))
			break
		}
		printOutput(out, o)
	}
}

// printOutput prints one output; those of a farm may have no file here.
func printOutput(out io.Writer, o engine.Output) {
	fmt.Fprintln(out, o.Name)
	if o.Path != "" {
		fmt.Fprintf(out, "  file     %s\n", o.Path)
	}
	fmt.Fprintf(out, "  content  %s\n  cid      %s\n", o.Content, o.CID)
}

// farmSummary says what a job of a farm came to, and what can be done with it.
func farmSummary(out, log io.Writer, e ending) {
	if text := why(*e.farm); text != "" {
		fmt.Fprintln(log, text)
	}
	if e.report.Status != engine.Completed {
		fmt.Fprintf(log, "to begin it again: artdag retry %s%s\n", e.flags, e.job)
	}
	fetched := false
	for i, o := range e.report.Outputs {
		if i == shownOutputs {
			fmt.Fprintf(out, "and %s more\n", countOf(len(e.report.Outputs)-i, "output"))
			break
		}
		printOutput(out, o)
		fetched = fetched || o.Path != ""
	}
	if !fetched && len(e.report.Outputs) > 0 {
		fmt.Fprintf(log, "to download: artdag get %s%s\n", e.flags, e.job)
	}
}

// problems tells failures and differences.
func problems(log io.Writer, e ending) {
	for i, f := range e.report.Failures {
		if i == shownOutputs {
			fmt.Fprintf(log, "\nand %s more\n", countOf(len(e.report.Failures)-i, "failure"))
			break
		}
		fmt.Fprintf(log, "\nFAILED %s (%s %s): %s\n", f.Step.Label, f.Step.Type, f.Step.ID.Short(), failureText(f))
		if e.logs != "" {
			fmt.Fprintf(log, "  its log: %s %s\n", e.logs, quoted(f.Step.Label))
		}
	}
	for _, d := range e.report.Differed {
		fmt.Fprintf(log, "\nDIFFERENT %s: %v\n", d.Step.Label, d.Err)
	}
}

// failureText is the message without the step type, which stands before it.
func failureText(f engine.StepError) string {
	return strings.TrimPrefix(f.Err.Error(), f.Step.Type+": ")
}

// seconds prints a duration as people say it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// countOf says "1 step", "2 steps".
func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// few lists names, but not a thousand of them.
func few(names []string) string {
	const most = 8
	if len(names) > most {
		names = append(names[:most:most], "...")
	}
	return strings.Join(names, ", ")
}

// quoted makes a word that a shell reads as it is.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./", r)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
