package analysis

import (
	"strconv"
	"strings"
)

// frames reads what ffmpeg's metadata filters print: for each frame a line
// "frame:12 pts:480000 pts_time:0.48" and lines of "key=value" after it.
type frames struct {
	base float64 // seconds of one tick of pts
	each func(at float64, values map[string]float64)

	at     float64
	values map[string]float64
}

func (f *frames) line(line string) {
	if strings.HasPrefix(line, "frame:") {
		f.flush()
		f.at = f.time(line)
		f.values = make(map[string]float64)
		return
	}
	key, text, _ := strings.Cut(line, "=")
	// What is no number (a level of -inf is one) is none of ours.
	if value, err := strconv.ParseFloat(text, 64); err == nil && f.values != nil {
		f.values[key] = value
	}
}

// time reads pts rather than pts_time, which is printed with six digits.
func (f *frames) time(line string) float64 {
	for _, field := range strings.Fields(line) {
		if text, ok := strings.CutPrefix(field, "pts:"); ok {
			ticks, err := strconv.ParseInt(text, 10, 64)
			if err == nil {
				return float64(ticks) * f.base
			}
		}
	}
	return f.at
}

// flush hands on the last frame, once the output has ended.
func (f *frames) flush() {
	if f.values != nil {
		f.each(f.at, f.values)
		f.values = nil
	}
}
