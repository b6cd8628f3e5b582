package farm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/claim"
)

func machine(slots int, classes []string, tags ...string) description {
	return description{Worker: api.Worker{Slots: slots, Free: slots, Classes: classes, Tags: tags}}
}

func TestScaleOf(t *testing.T) {
	cpu, both, gpu := []string{"cpu"}, []string{"cpu", "blender"}, []string{"gpu"}
	for _, c := range []struct {
		name    string
		loads   []claim.Load
		workers []description
		sizes   map[string]int
		kind    api.Fleet
		want    [4]int // desired, living, waiting, running
	}{
		{"nothing to do", nil, []description{machine(4, cpu)}, nil, api.Fleet{}, [4]int{0, 1, 0, 0}},
		{"one step", []claim.Load{{Class: "cpu", Slots: 1, Ready: 1}}, []description{machine(4, cpu)}, nil, api.Fleet{}, [4]int{1, 1, 1, 0}},
		{
			"all that is not done counts", []claim.Load{{Class: "cpu", Slots: 1, Ready: 3, Queued: 3, Delayed: 1, Running: 2}},
			[]description{machine(4, cpu)}, nil, api.Fleet{}, [4]int{3, 1, 7, 2},
		},
		{"steps of several slots", []claim.Load{{Class: "cpu", Slots: 2, Ready: 4}}, []description{machine(4, cpu)}, nil, api.Fleet{}, [4]int{2, 1, 4, 0}},
		{"a step takes all that a worker has", []claim.Load{{Class: "cpu", Slots: 8, Ready: 3}}, []description{machine(4, cpu)}, nil, api.Fleet{}, [4]int{3, 1, 3, 0}},
		{
			"fractions of groups share a worker",
			[]claim.Load{{Class: "blender", Slots: 1, Ready: 2}, {Class: "cpu", Slots: 1, Ready: 2}, {Class: "cpu", Tags: "x", Slots: 1, Ready: 4}},
			[]description{machine(8, both, "x")}, nil, api.Fleet{}, [4]int{1, 1, 8, 0},
		},
		{"the mean of what workers have", []claim.Load{{Class: "cpu", Slots: 1, Ready: 12}}, []description{machine(2, cpu), machine(4, cpu)}, nil, api.Fleet{}, [4]int{4, 2, 12, 0}},
		{"no worker was ever seen: one, to learn", []claim.Load{{Class: "cpu", Slots: 1, Ready: 500}}, nil, nil, api.Fleet{}, [4]int{1, 0, 500, 0}},
		{"none lives: as large as the last", []claim.Load{{Class: "cpu", Slots: 1, Ready: 500}}, nil, map[string]int{"cpu": 8}, api.Fleet{}, [4]int{63, 0, 500, 0}},
		{
			"what none of the living may take asks for none of them",
			[]claim.Load{{Class: "cpu", Slots: 1, Ready: 4}, {Class: "gpu", Slots: 1, Ready: 900}},
			[]description{machine(4, cpu)}, nil, api.Fleet{}, [4]int{1, 1, 4, 0},
		},
		{
			"but for those who could",
			[]claim.Load{{Class: "cpu", Slots: 1, Ready: 4}, {Class: "gpu", Slots: 1, Ready: 9}},
			[]description{machine(4, cpu)}, map[string]int{"gpu": 2}, api.Fleet{Classes: gpu}, [4]int{5, 0, 9, 0},
		},
		{
			"tags are needed as well", []claim.Load{{Class: "gpu", Tags: "large", Slots: 1, Ready: 9}},
			[]description{machine(1, gpu)}, nil, api.Fleet{Classes: gpu}, [4]int{0, 1, 0, 0},
		},
		{
			"a kind with tags", []claim.Load{{Class: "gpu", Slots: 1, Ready: 1}, {Class: "gpu", Tags: "large", Slots: 1, Ready: 9}},
			[]description{machine(2, gpu, "large"), machine(2, gpu)}, nil, api.Fleet{Classes: gpu, Tags: []string{"large"}}, [4]int{5, 1, 10, 0},
		},
	} {
		got := scaleOf(c.loads, c.workers, c.sizes, c.kind)
		if diff := cmp.Diff(c.want, [4]int{got.Desired, got.Living, got.Waiting, got.Running}); diff != "" || got.Backlog != got.Waiting+got.Running {
			t.Errorf("%s: desired, living, waiting, running (-want +got):\n%s%+v", c.name, diff, got)
		}
	}
}

func TestScaleGroups(t *testing.T) {
	loads := []claim.Load{
		{Class: "cpu", Slots: 1, Ready: 1, Queued: 2, Delayed: 3, Running: 4}, {Class: "cpu", Slots: 9, Ready: 1},
		{Class: "gpu", Tags: "a,b", Slots: 1, Ready: 5},
	}
	got := scaleOf(loads, []description{machine(4, []string{"cpu"})}, nil, api.Fleet{}).Groups
	want := []api.ScaleGroup{
		{Class: "cpu", Tags: []string{}, Ready: 2, Queued: 2, Delayed: 3, Running: 4, Slots: 14, Workers: 1, Assumed: 4, Desired: 4, Counted: true},
		{Class: "gpu", Tags: []string{"a", "b"}, Ready: 5, Slots: 5, Desired: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
