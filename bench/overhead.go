package main

import (
	"github.com/artdag/artdag/engine"
)

// measureOverhead runs cuts one at a time and compares the median step with
// the time that it spent in its tool, and with the same command outside the
// sandbox.
func measureOverhead(b *bench) ([]result, error) {
	const step, length = 0.9, 0.5
	n := b.n(20, 5)
	clip, err := b.clip("small.mp4", "320x180", 20, false)
	if err != nil {
		return nil, err
	}
	w := work{recipe: segmentRecipe(n, step, length), input: clip, slots: 1}
	calls, err := b.commandsOf("ffmpeg", w)
	if err != nil {
		return nil, err
	}
	var inTool []float64
	bare, err := alternate(b.n(7, 2), func() (float64, error) {
		whole, tool, err := b.medianStep(w)
		inTool = append(inTool, tool)
		return whole, err
	}, func() (float64, error) { return b.medianCall(calls) })
	if err != nil {
		return nil, err
	}
	tool := bare
	tool.Theirs, tool.Ratio = median(inTool), bare.Ours/median(inTool)
	tool.Name, tool.Beside, tool.Goal = "overhead", "the step's time in its tool", atMost("difference", 0.020)
	bare.Name, bare.Beside, bare.Goal = "overhead with sandbox", "the command by itself", atMost("difference", 0.020)
	return []result{tool.judged(), bare.judged()}, nil
}

// medianStep returns the seconds of the median step, and the median of those
// in tools.
func (b *bench) medianStep(w work) (whole, tool float64, err error) {
	var wholes, tools []float64
	w.watch = func(e engine.Event) {
		if e.Kind == engine.Executed {
			wholes, tools = append(wholes, e.Seconds), append(tools, e.ToolSeconds)
		}
	}
	_, err = b.inProcess(w)
	return median(wholes), median(tools), err
}

// medianCall runs each command by itself and returns the median.
func (b *bench) medianCall(calls []toolCall) (float64, error) {
	var all []float64
	for _, call := range calls {
		took, err := b.xargs([]toolCall{call}, 1)
		if err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return median(all), nil
}
