package engine

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// Given is one input of a step whose bytes are in the cache. See Engine.Given.
type Given struct {
	Content dag.ContentHash
	Path    string // absolute; of the manifest where there are Members
	// Name is the name of a member, or the file's own name for a source: where
	// it has an extension, tools see a source with that.
	Name string
	// Facts as measured where the content was made. Without them Do takes those
	// of the producer's entry, if that is here, or measures, which reads the
	// whole file.
	Facts   *dag.Facts
	Members []Given // of a whole list, in the order of the manifest
}

// Task is one step to perform on its own.
type Task struct {
	Step   *dag.Step
	Realm  string
	Slots  int     // that the step holds; at least one
	Inputs []Given // in the order of the step's inputs
	// Force executes the step although its result is known, and compares.
	Force bool
	// Log also gets the tools' output while they run. It may be nil; its errors
	// change nothing.
	Log io.Writer
	// Progress is told the part that is done, 0 to 1, at any rate, from one
	// goroutine. It must not block. It may be nil.
	Progress func(done float64)
}

// Done is what a task came to.
type Done struct {
	Entry    *cache.Entry // what is recorded for the step; nil when it failed
	Executed bool         // else the result was known
	// Differed is set when the step was executed again and gave other bytes
	// than are recorded. The recorded ones stand.
	Differed    *cache.DifferentError
	Seconds     float64 // wall time, waiting for another process's lock included
	ToolSeconds float64 // of it, in tools; also when the step failed
	Toolchain   string  // that executed it
}

// Do brings one step to its result: found under its id, found under its
// resolved_id, or executed and stored. It blocks until every process of the step
// is gone, also when ctx ends. What it makes is the same, byte for byte, as what
// Run makes of the step.
//
// The caller holds the inputs in the cache until Do returns. The result is not
// held. Errors are those of executor.Perform and of the cache; the times are
// set whatever the error is. It is safe for concurrent use, also for the same
// step: one executes, the others wait and find.
func (e *Engine) Do(ctx context.Context, t Task) (Done, error) {
	if len(t.Inputs) != len(t.Step.Inputs) {
		return Done{}, fmt.Errorf("engine: do %s: got %d inputs, want %d", t.Step.ID.Short(), len(t.Inputs), len(t.Step.Inputs))
	}
	began := time.Now()
	o := e.do(ctx, e.workOfTask(t))
	return Done{
		Entry: o.entry, Executed: o.executed, Differed: o.differed, Toolchain: o.toolchain,
		Seconds: time.Since(began).Seconds(), ToolSeconds: o.tool,
	}, o.err
}

func (e *Engine) workOfTask(t Task) work {
	w := work{
		step: t.Step, realm: t.Realm, slots: max(t.Slots, 1), force: t.Force, log: t.Log,
		progress: t.Progress, performed: func() {}, inputs: make([]input, len(t.Inputs)),
	}
	if w.progress == nil {
		w.progress = func(float64) {}
	}
	for i, g := range t.Inputs {
		w.inputs[i] = inputOf(g)
		if ref := t.Step.Inputs[i]; ref.IsSource() {
			w.inputs[i].ext = cmp.Or(plainExt(g.Name), w.inputs[i].ext)
		} else {
			e.recall(&w.inputs[i], ref)
		}
	}
	return w
}

// inputOf takes nothing from where the file lies: two workers, one of which made
// it, must show it to tools under the same name.
func inputOf(g Given) input {
	in := input{content: g.Content, path: g.Path, name: g.Name, facts: g.Facts}
	if len(g.Members) == 0 {
		in.ext = sniffed(g.Path)
	}
	for _, m := range g.Members {
		in.members = append(in.members, inputOf(m))
	}
	return in
}

// recall takes the facts of what was made here from the producer's entry.
func (e *Engine) recall(in *input, ref dag.Input) {
	entry, err := e.Cache.Peek(ref.Step)
	if err != nil {
		return // made elsewhere
	}
	known := map[dag.ContentHash]*dag.Facts{entry.Content: entry.Facts}
	for _, m := range entry.Members {
		known[m.Content] = m.Facts
	}
	in.remember(known)
}

func (in *input) remember(known map[dag.ContentHash]*dag.Facts) {
	if in.facts == nil {
		in.facts = known[in.content]
	}
	for i := range in.members {
		in.members[i].remember(known)
	}
}

// MissingError names content that the cache does not have. It is a
// cache.ErrMissing.
type MissingError struct {
	Content dag.ContentHash
	Err     error
}

// Error names the content and says why.
func (e *MissingError) Error() string { return "engine: input: " + e.Err.Error() }

// Unwrap returns the cache's error.
func (e *MissingError) Unwrap() error { return e.Err }

// Given looks content up in the cache, made here or fetched: a plain file, or,
// if multi, what the manifest ref lists. With a member name it is that member of
// the manifest alone, or for a plain file its name. What is not here is a
// *MissingError that names the first hash that has to be fetched: the manifest,
// then its members in their order.
func (e *Engine) Given(ref dag.ContentHash, multi bool, member string) (Given, error) {
	g := Given{Content: ref, Name: member}
	var err error
	if g.Path, err = e.Cache.Content(ref); err != nil {
		return Given{}, &MissingError{ref, err}
	}
	if !multi {
		return g, nil
	}
	members, err := manifestAt(g.Path)
	if err != nil {
		return Given{}, fmt.Errorf("engine: content %s: %w", ref.Short(), err)
	}
	for _, m := range members {
		if member == m.Name {
			return e.Given(m.Content, false, m.Name)
		}
	}
	if member != "" {
		return Given{}, fmt.Errorf("engine: content %s has no member %q", ref.Short(), member)
	}
	return g, e.giveMembers(&g, members)
}

func (e *Engine) giveMembers(g *Given, members []cache.Member) error {
	for _, m := range members {
		one, err := e.Given(m.Content, false, m.Name)
		if err != nil {
			return err
		}
		g.Members = append(g.Members, one)
	}
	return nil
}

func manifestAt(path string) ([]cache.Member, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return cache.ParseManifest(text)
}

// alsoTo writes to log, and to also while that works.
func alsoTo(log, also io.Writer) io.Writer {
	if also == nil {
		return log
	}
	return &tee{log, also}
}

type tee struct{ log, also io.Writer }

// Write answers for the log alone: nobody who watches can fail a step.
func (t *tee) Write(p []byte) (int, error) {
	_, _ = t.also.Write(p)
	return t.log.Write(p)
}
