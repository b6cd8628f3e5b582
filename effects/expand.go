package effects

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/artdag/artdag/dag"
)

// Media is what an effect is applied to.
type Media struct {
	Width, Height int
	FPS           dag.Rate
	Frames        int64
	Duration      float64 // seconds
	Samples       int64   // of sound at 48 kHz
}

func mediaNames() []string {
	return []string{"width", "height", "fps", "frames", "duration", "samples"}
}

func (m Media) values() map[string]string {
	fps := m.FPS.String()
	if m.FPS.Num == 0 {
		fps = "1"
	}
	return map[string]string{
		"width": strconv.Itoa(m.Width), "height": strconv.Itoa(m.Height), "fps": "(" + fps + ")",
		"frames": strconv.FormatInt(m.Frames, 10), "samples": strconv.FormatInt(m.Samples, 10),
		"duration": strconv.FormatFloat(m.Duration, 'f', -1, 64),
	}
}

var placeholder = regexp.MustCompile(`\$\{([^{}]*)\}`)

// Expand returns the graphs of the picture and of the sound with every
// placeholder filled in. values holds parameters in their normal form; those
// that are absent have their default.
func (e Effect) Expand(values map[string]any, m Media) (video, audio string, err error) {
	texts := m.values()
	for _, p := range e.Params {
		value, given := values[p.Name]
		if !given {
			value = p.Default
		}
		text, err := p.text(value)
		if err != nil {
			return "", "", fmt.Errorf("effect %s: %s: %w", e.Name, p.Name, err)
		}
		texts[p.Name] = text
	}
	fill := func(graph string) string {
		return placeholder.ReplaceAllStringFunc(graph, func(found string) string { return texts[found[2:len(found)-1]] })
	}
	return fill(e.Video), fill(e.Audio), nil
}
