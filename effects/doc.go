// Package effects holds named effects: documents that describe an ffmpeg
// filter graph with typed parameters, and the checks that make a document from
// anybody safe to run.
//
//	effects/glow.yaml --Load--> Effect --Expand(values, media)--> filter graph
//
// A document has
//
//	name: glow            lower-case letters, digits and _
//	doc: what one sees or hears, one sentence
//	version: 1
//	params:
//	  amount: {type: number, default: 0.5, min: 0, max: 1, doc: how strong}
//	video: format=gbrp,split[a][b];[b]boxblur=8[c];[a][c]blend=all_mode=screen
//	audio: a graph for the sound; at least one of the two
//
// In a graph ${amount} stands for a parameter, and ${width}, ${height}, ${fps},
// ${frames}, ${duration} (seconds) and ${samples} (at 48 kHz) for what the
// effect is applied to. Only values can be placeholders, and values are
// numbers, colors and declared words, so nothing needs escaping: a value
// cannot end an option, a filter or a chain.
//
// Options that are numbers take expressions too, but in them min and max are
// the bounds of the option: write clip(x,low,high).
//
// An effect keeps the number of frames, the size and the duration; a result
// that does not is refused when it is made. Filters are those of an allow-list:
// none of them opens a file, loads code or gives other bytes on another
// machine.
package effects
