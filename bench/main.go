// Command bench measures what artdag is for, side by side with what one would
// use instead on the same machine, in one run:
//
//	go run ./bench [-only NAME,...] [-quick] [-json FILE] [-profile DIR] [-list]
//
// A row is one figure: ours, theirs, their ratio, the goal, and whether it is
// met. Ours and theirs are run alternately, in pairs, and a row shows the
// median of the pairs, so that a machine that is slow for a minute is slow for
// both. Everything is made in a temporary folder that is removed in the end.
//
// A measurement is one file: a function that returns results, and its line in
// measurements.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/artdag/artdag/farm"
)

func main() {
	if do, ok := children()[argument(1)]; ok {
		if err := do(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// children are what this program does as a process of its own, by its first
// argument.
func children() map[string]func(args []string) error {
	return map[string]func([]string) error{planArgument: planAndTell, oursArgument: workInChild, theirsArgument: asynqInChild, giverArgument: giveInChild, watchArgument: watchCore}
}

func argument(i int) string {
	if i < len(os.Args) {
		return os.Args[i]
	}
	return ""
}

// run is the whole program. A goal that is missed is no error: it is printed.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "measure these alone, by name, with commas")
	quick := flags.Bool("quick", false, "fewer pairs and smaller work: to see that it runs, not to quote")
	file := flags.String("json", "", "write the results to this file as well")
	profile := flags.String("profile", "", "write CPU profiles of this process and of the worker processes into this folder")
	list := flags.Bool("list", false, "print the names and what each measures")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(measurements(), *only)
	if err != nil {
		return err
	}
	if *list {
		printList(stdout, chosen)
		return nil
	}
	b, err := newBench(ctx, *quick, stderr)
	if err != nil {
		return err
	}
	defer b.close()
	b.profiles = *profile
	farm.Ballast() // this process is a scheduler to its workers, and a client of asynq
	stop, err := profiled(*profile, "bench")
	if err != nil {
		return err
	}
	defer stop()
	return measureAll(b, chosen, *file, stdout)
}

func measureAll(b *bench, chosen []measurement, file string, stdout io.Writer) error {
	machine := thisMachine(b.ctx)
	fmt.Fprintln(stdout, machine)
	var results []result
	for _, m := range chosen {
		b.say("%s: %s", m.name, m.work)
		found, err := m.run(b)
		if b.ctx.Err() != nil {
			printTable(stdout, results) // hours may be in it
			return b.ctx.Err()
		}
		if err != nil {
			found = append(found, result{Name: m.name, Failed: err.Error()})
		}
		results = append(results, found...)
	}
	printTable(stdout, results)
	if file == "" {
		return nil
	}
	return writeJSON(file, document{Machine: machine, Quick: b.quick, Results: results})
}

// choose returns the measurements of those names, all of them for none.
func choose(all []measurement, only string) ([]measurement, error) {
	if only == "" {
		return all, nil
	}
	var chosen []measurement
	for name := range strings.SplitSeq(only, ",") {
		found := false
		for _, m := range all {
			if m.name == name {
				chosen, found = append(chosen, m), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no measurement %q; -list prints them", name)
		}
	}
	return chosen, nil
}
