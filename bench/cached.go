package main

import (
	"errors"
	"fmt"
	"strings"
)

// measureCached submits a recipe again whose results are all known and can be
// had: where one step reads the others that one is looked up, where every step is
// an output each. The other side is the first
// time, with steps that do nothing.
func measureCached(b *bench) (rows []result, err error) {
	w, err := b.newWhole(2, crewMember{Slots: slotsOfWorker})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	few, many := b.n(10_000, 1_000), b.n(100_000, 5_000)
	joined, err := w.resubmitted(few, b.n(5, 2), joined)
	if err != nil {
		return nil, err
	}
	joined.Name, joined.Goal = joined.Name+", one output", atMost("ours", 0.3)
	rows = append(rows, joined.judged())
	small, err := w.resubmitted(few, b.n(5, 2), apart)
	if err != nil {
		return rows, err
	}
	small.Goal = atMost("ours", 0.3)
	rows = append(rows, small.judged())
	large, err := w.resubmitted(many, b.n(3, 1), apart)
	if err != nil {
		return rows, err
	}
	each, eachOfMany := small.Ours/float64(few), large.Ours/float64(many)
	linear := result{
		Name: "cached linear", Unit: "s", Ours: eachOfMany, Theirs: each, Ratio: eachOfMany / each,
		Goal: atMost("ratio", 1.25), Beside: fmt.Sprintf("a step of %dk beside one of %dk", many/1000, few/1000),
	}
	return append(rows, large, linear.judged()), nil
}

// joined has one step read all the others and be the output; apart leaves each an
// output.
func joined(recipe string) string {
	const join = `  - {id: all, type: COMMAND, config: {argv: [sh, -c, ": > {out}"], outputs: out.txt}, inputs: [s]}
outputs: [all]`
	return strings.Replace(recipe, "outputs: [s]", join, 1)
}

func apart(recipe string) string { return recipe }

// resubmitted runs a recipe of n steps, and then again, some times.
func (w *whole) resubmitted(n, times int, form func(string) string) (result, error) {
	recipe := form(w.bench.recipe(n))
	first, err := w.timed(recipe)
	if err == nil {
		err = w.attested()
	}
	if err != nil {
		return result{}, err
	}
	row, err := alone(times, func() (float64, error) {
		used := cpuNow()
		took, err := w.timed(recipe)
		w.bench.say("cached: %d steps again in %.3f s, for each %s", n, took, cpuNow().since(used, n))
		return took, errors.Join(err, w.attested())
	})
	row.Theirs, row.Ratio = first, row.Ours/first
	row.Name, row.Beside = fmt.Sprintf("cached %dk", n/1000), "the first time, with steps that do nothing"
	return row, err
}

// attested blocks until what goes on after the end of jobs is done: their steps
// are in the catalog, and each has its signed record.
func (w *whole) attested() error {
	var failed error
	err := w.bench.await("the jobs have their records", func() bool {
		var open int
		failed = w.database.QueryRow(w.bench.ctx, `SELECT count(*) FROM jobs WHERE NOT EXISTS (
			SELECT FROM run_cache WHERE job_id = id AND provenance_cid IS NOT NULL)`).Scan(&open)
		return failed != nil || open == 0
	})
	return errors.Join(err, failed)
}
