package planner

import (
	"maps"
	"runtime"
	"sync"

	"github.com/artdag/artdag/dag"
)

// draft is a step that is not in the plan yet.
type draft struct {
	step  dag.Step
	kind  dag.Kind
	facts *dag.Facts
	made  bool // false: its faults are reported
}

// draftsAtOnce bounds what is kept twice, as drafts and as steps, and how long
// planning goes on after it was told to stop.
const draftsAtOnce = 4096

// draftsOfPart is how many steps are worth a goroutine: a millisecond of work.
const draftsOfPart = 128

// drafts makes the steps of some turns of a node, of which first is the number
// of the first. No step of a node reads another of it, so that each core makes a
// part of them; their faults are in the order of the steps all the same.
func (x *expansion) drafts(p *program, first int, turns []element) []draft {
	out := make([]draft, len(turns))
	cores := runtime.GOMAXPROCS(0)
	size := max(draftsOfPart, (len(turns)+cores-1)/cores)
	var parts []*part
	var group sync.WaitGroup
	for from := 0; from < len(turns); from += size {
		own, to := &part{expansion: x.fork(), first: first + from}, min(from+size, len(turns))
		parts = append(parts, own)
		group.Go(func() { own.draft(p, turns[from:to], out[from:to]) })
	}
	group.Wait()
	for _, done := range parts {
		if done.thrown != nil {
			panic(done.thrown) // here, where the caller can recover
		}
		x.faults = append(x.faults, done.faults...)
	}
	x.faults = x.faults[:min(len(x.faults), maxFaults)]
	return out
}

// part is what one goroutine makes drafts with.
type part struct {
	*expansion
	first  int // number of its first turn
	thrown any
}

// fork returns an expansion that reads what x has, and has a scope and faults of
// its own.
func (x *expansion) fork() *expansion {
	fork := *x
	fork.scope, fork.faults = maps.Clone(x.scope), nil
	return &fork
}

// draft makes steps into out, until there are as many faults as are shown, and
// keeps a panic for the goroutine that waits.
func (x *part) draft(p *program, turns []element, out []draft) {
	defer func() { x.thrown = recover() }()
	for i, turn := range turns {
		if out[i] = x.step(p, x.first+i, turn); len(x.faults) >= maxFaults {
			return
		}
	}
}

// add brings a draft into the plan, unless the same work is there already, and
// returns it as something to read.
func (x *expansion) add(d draft) thing {
	s := d.step
	if at, same := x.known[s.ID]; same {
		s.Label, s.Level = x.steps[at].Label, x.steps[at].Level
	} else {
		x.known[s.ID] = len(x.steps)
		x.steps = append(x.steps, s)
	}
	return thing{
		input: dag.StepInput(s.ID, ""), kind: d.kind, facts: d.facts,
		multi: s.Multi, members: s.Members, label: s.Label, level: s.Level,
	}
}
