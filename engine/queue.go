package engine

import "container/heap"

// queue holds ready steps, the one with the longest remaining path first, so
// that the chain which decides when the run ends never waits for a step that
// does not.
type queue struct {
	steps     []int
	remaining []float64 // by step: seconds from its start to the end of the run
}

// remainingPaths returns, for every step, its cost plus the longest path
// behind it. Steps are in topological order, so one pass from the end does.
func (r *run) remainingPaths() []float64 {
	remaining := make([]float64, len(r.plan.Steps))
	for i := len(r.plan.Steps) - 1; i >= 0; i-- {
		longest := 0.0
		for _, d := range r.dependents[i] {
			longest = max(longest, remaining[d])
		}
		remaining[i] = longest + r.plan.Steps[i].Cost
	}
	return remaining
}

func (q *queue) push(i int) { heap.Push((*byRemaining)(q), i) }

func (q *queue) pop() int { return heap.Pop((*byRemaining)(q)).(int) }

// first returns the step that pop would, or -1.
func (q *queue) first() int {
	if len(q.steps) == 0 {
		return -1
	}
	return q.steps[0]
}

// byRemaining orders a queue for container/heap; equal steps go in the order
// of the plan, so that two runs start them alike.
type byRemaining queue

func (q *byRemaining) Len() int { return len(q.steps) }

func (q *byRemaining) Less(a, b int) bool {
	i, j := q.steps[a], q.steps[b]
	if q.remaining[i] != q.remaining[j] {
		return q.remaining[i] > q.remaining[j]
	}
	return i < j
}

func (q *byRemaining) Swap(a, b int) { q.steps[a], q.steps[b] = q.steps[b], q.steps[a] }

func (q *byRemaining) Push(x any) { q.steps = append(q.steps, x.(int)) }

func (q *byRemaining) Pop() any {
	last := len(q.steps) - 1
	i := q.steps[last]
	q.steps = q.steps[:last]
	return i
}
