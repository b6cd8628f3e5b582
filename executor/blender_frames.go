package executor

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	lastFrame  = 1048574 // Blender's MAXFRAME
	manyFrames = 100000
)

// parseFrames reads "12", "1-48", "1-100x2" and several of these with commas.
// It returns the frames in order, each once.
func parseFrames(text string) ([]int, error) {
	var frames []int
	for span := range strings.SplitSeq(text, ",") {
		first, last, step, ok := parseSpan(strings.TrimSpace(span))
		if !ok || len(frames)+(last-first)/step >= manyFrames {
			return nil, fmt.Errorf("want frames such as 12, 1-48 or 1-100x2 (every second), with commas between several, from 0 to %d and at most %d; got %s",
				lastFrame, manyFrames, show(text))
		}
		for frame := first; frame <= last; frame += step {
			frames = append(frames, frame)
		}
	}
	slices.Sort(frames)
	return slices.Compact(frames), nil
}

func parseSpan(span string) (first, last, step int, ok bool) {
	span, every, stepped := strings.Cut(span, "x")
	from, to, isRange := strings.Cut(span, "-")
	if !isRange {
		to = from
	}
	first, err1 := strconv.Atoi(strings.TrimSpace(from))
	last, err2 := strconv.Atoi(strings.TrimSpace(to))
	step = 1
	var err3 error
	if stepped {
		step, err3 = strconv.Atoi(every)
	}
	ok = err1 == nil && err2 == nil && err3 == nil && first >= 0 && first <= last && last <= lastFrame && step > 0
	return first, last, max(step, 1), ok && (isRange || !stepped)
}

// showFrames is the one way to write these frames: spans of neighbours, spans of
// at least three at equal distances, and single ones, with commas.
func showFrames(frames []int) string {
	var spans []string
	for i := 0; i < len(frames); {
		end, step := spanFrom(frames, i)
		switch {
		case step == 1:
			spans = append(spans, fmt.Sprintf("%d-%d", frames[i], frames[end]))
		case end-i >= 2:
			spans = append(spans, fmt.Sprintf("%d-%dx%d", frames[i], frames[end], step))
		default:
			spans = append(spans, strconv.Itoa(frames[i]))
			end = i
		}
		i = end + 1
	}
	return strings.Join(spans, ",")
}

// spanFrom returns the last index of the span of equal distances that begins at
// i, and the distance.
func spanFrom(frames []int, i int) (end, step int) {
	if i+1 == len(frames) {
		return i, 0
	}
	step = frames[i+1] - frames[i]
	for end = i + 1; end+1 < len(frames) && frames[end+1]-frames[end] == step; {
		end++
	}
	return end, step
}

// renderWatch passes Blender's output on and counts the frames that the script
// says are rendered.
type renderWatch struct {
	to     io.Writer
	line   []byte
	by     string // "Blender 3.4.1", once the script runs: the .blend was read
	done   int
	frames int
	report func(float64)
}

// Write passes on and counts.
func (w *renderWatch) Write(p []byte) (int, error) {
	for _, c := range p {
		if c != '\n' {
			if len(w.line) < 100 {
				w.line = append(w.line, c)
			}
			continue
		}
		w.read(string(w.line))
		w.line = w.line[:0]
	}
	return w.to.Write(p)
}

func (w *renderWatch) read(line string) {
	if by, opened := strings.CutPrefix(line, "artdag: opened by "); opened {
		w.by = by
	}
	if strings.HasPrefix(line, "artdag: rendered ") && w.done < w.frames {
		w.done++
		w.report(float64(w.done) / float64(w.frames))
	}
}
