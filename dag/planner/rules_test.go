package planner

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
)

// mix takes two or more, and one of its keys says something of another.
type mix struct{ fake }

func (m mix) Normalize(config map[string]any) (map[string]any, error) {
	var faults dag.ConfigErrors
	if _, isNumber := config["gain"].(float64); config["gain"] != nil && !isNumber {
		faults = append(faults, dag.ConfigError{Path: []string{"gain"}, Message: "want a number", Form: true})
	}
	if config["target"] == "explicit" && config["size"] == nil {
		faults = append(faults, dag.ConfigError{Path: []string{"target"}, Message: "explicit needs size"})
	}
	if faults != nil {
		return nil, faults
	}
	return config, nil
}

// split makes several files of which nothing is known.
type split struct{ fake }

type moreTypes struct{ fakes }

func (m moreTypes) Lookup(name string) (dag.Type, bool) {
	rest := &dag.Slot{Name: "sound", Kinds: []dag.Kind{dag.Audio, dag.Video}}
	switch name {
	case "MIX":
		return mix{fake{name: name, arity: dag.Arity{Rest: rest, Min: 2, Max: 3}, kind: dag.Audio}}, true
	case "SPLIT":
		return split{fake{name: name, arity: dag.Arity{Rest: &dag.Slot{Name: "in"}}, kind: dag.Data, keys: []string{"n"},
			members: func(config map[string]any) []string {
				return []string{"a", "b"}[:int(config["n"].(float64))]
			}}}, true
	}
	return m.fakes.Lookup(name)
}

func rulesPlanner() *Planner {
	p := testPlanner()
	p.Types = moreTypes{testTypes()}
	return p
}

const rulesHead = `params: {n: {type: integer, default: 2}, wide: {type: boolean, default: true}}
analysis: {song: [beats]}
` + head

func faultsOf(t *testing.T, nodes string) string {
	t.Helper()
	r := parse(t, rulesHead+nodes+"\noutputs: [a]")
	if faults := rulesPlanner().Check(r); len(faults) > 0 {
		return "check: " + faults.Error()
	}
	if _, err := rulesPlanner().Plan(t.Context(), request(r)); err != nil {
		return "plan: " + err.Error()
	}
	return "valid"
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ nodes, want string }{
		"an integer indexes": {`  - {id: a, type: SEGMENT, config: {offset: "${analysis.song.beats[params.n] + analysis.song.beats[inputs.video.count]}"}, inputs: [video]}`,
			"valid"},
		"what one key says of an open one waits": {`  - {id: a, type: MIX, config: {target: explicit, size: "${[1, 2]}"}, inputs: [song, video]}`,
			"valid"},
		"what a key says of itself does not": {`  - {id: a, type: MIX, config: {gain: loud, size: "${[1, 2]}"}, inputs: [song, video]}`,
			"check: film.yaml:5:39: node a: gain: want a number"},
		"too few, known at once": {`  - {id: a, type: MIX, inputs: [song]}`,
			"check: film.yaml:5:10: node a: MIX takes 2 or more inputs, got 1"},
		"too many, known at once": {`  - {id: a, type: MIX, inputs: {sound: [song, video, song, video]}}`,
			"check: film.yaml:5:10: node a: MIX takes at most 3 inputs, got 4"},
		"too few are left": {`  - {id: s, when: "!params.wide", type: SEGMENT, inputs: [video]}
  - {id: a, type: MIX, inputs: {sound: [song, s]}}`,
			"plan: film.yaml:6:10: a: MIX takes 2 or more inputs, got 1"},
		"several files of unknown kind are not one": {`  - {id: s, type: SPLIT, config: {n: 2}, inputs: [video]}
  - {id: a, type: ENCODE, inputs: [s]}`,
			"plan: film.yaml:6:36: a: input video takes one file, and s has several outputs"},
		"a single one of several is": {`  - {id: s, type: SPLIT, config: {n: 1}, inputs: [video]}
  - {id: a, type: ENCODE, inputs: [s]}`,
			"valid"},
		"a bare expression in ${}": {`  - {id: a, for_each: "${[1]}", type: SEGMENT, inputs: [video]}`,
			"check: film.yaml:5:24: this is an expression already"},
		"select is shown at its text": {`  - {id: a, type: SWITCH, config: {select: "1 + parms"}, inputs: {x: video}}`,
			"check: film.yaml:5:49: there is no name parms"},
		"select that fails is shown there too": {`  - {id: a, type: SWITCH, config: {select: "analysis.song.beats[9]"}, inputs: {x: video}}`,
			"plan: film.yaml:5:64: node a: select: index out of range"},
		"for_each over a number": {`  - {id: a, for_each: "3", type: SEGMENT, inputs: [video]}`,
			"plan: film.yaml:5:24: node a: for_each: want a list, got 3"},
		"the line within a block": {`  - id: a
    type: SEGMENT
    inputs: [video]
    config:
      offset: |
        ${1 +
          parms}`,
			"check: film.yaml:11:11: there is no name parms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := faultsOf(t, test.nodes); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestOneFileWhereOneIsDeclared(t *testing.T) {
	t.Parallel()
	r := parse(t, head+"  - {id: a, type: SEQUENCE, inputs: [video]}\noutputs: [a]")
	req := request(r)
	req.Inputs["video"] = append(req.Inputs["video"], content("another"))
	_, err := testPlanner().Plan(t.Context(), req)
	if err == nil || !strings.Contains(err.Error(), "input video takes one file, got 2") {
		t.Errorf("got %v", err)
	}
}

// Stopping at a node makes something else of the same inputs; stopping at the
// only output does not.
func TestUntilIsAnotherPlanAndRun(t *testing.T) {
	t.Parallel()
	r := parse(t, head+"  - {id: a, type: ENCODE, config: {format: x}, inputs: [video]}\n  - {id: b, type: ENCODE, inputs: [a]}\noutputs: [b]")
	plan := func(until string) *dag.Plan {
		req := request(r)
		req.Until = until
		out, err := testPlanner().Plan(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole, a, b := plan(""), plan("a"), plan("b")
	if a.ID == whole.ID || a.Run == whole.Run {
		t.Error("stopping at a shares identities with the whole")
	}
	if b.ID != whole.ID || b.Run != whole.Run {
		t.Error("stopping at the only output is not the whole")
	}
}
