package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/executor/ffmpeg"
	"github.com/artdag/artdag/executor/fonts"
)

func textPositions() []string {
	return []string{"center", "top", "bottom", "left", "right", "top left", "top right", "bottom left", "bottom right"}
}

// drawText returns one filter per line. The letters come from a file each, so
// that nothing in them can be taken for a filter, an option or a time of day.
func (c generateConfig) drawText(call *ffmpeg.Call, f form) ([]string, error) {
	font := filepath.Join(call.Dir, "font.ttf")
	if err := os.WriteFile(font, fonts.Sans(), 0o600); err != nil {
		return nil, fmt.Errorf("write font: %w", err)
	}
	size := float64(f.height) / 10
	if c.TextSize != nil {
		size = *c.TextSize
	}
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(c.Text, "\r\n", "\n"), "\n"), "\n")
	var filters []string
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		file := filepath.Join(call.Dir, fmt.Sprintf("line-%d.txt", i))
		if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
			return nil, fmt.Errorf("write text: %w", err)
		}
		filters = append(filters, fmt.Sprintf("drawtext=fontfile=%s:textfile=%s:expansion=none:fontsize=%s:fontcolor=%s:x=%s:y=%s",
			escapePath(font), escapePath(file), plain(size), filterColor(c.TextColor), c.column(size), c.baseline(i, len(lines), size, f.height)))
	}
	return filters, nil
}

// lineHeight is the distance of baselines, and ascent the height of letters
// above them, both as parts of the text's size.
const lineHeight, ascent = 1.25, 0.76

// column is drawtext's expression for where a line starts.
func (c generateConfig) column(size float64) string {
	switch {
	case strings.HasSuffix(c.Position, "left"):
		return plain(size)
	case strings.HasSuffix(c.Position, "right"):
		return "w-text_w-" + plain(size)
	}
	return "(w-text_w)/2"
}

// baseline is drawtext's expression for the top of line i, such that all lines
// stand on their baselines whatever letters they have.
func (c generateConfig) baseline(i, lines int, size float64, height int) string {
	block := size * (lineHeight*float64(lines-1) + ascent)
	top := (float64(height) - block) / 2
	switch {
	case strings.HasPrefix(c.Position, "top"):
		top = size
	case strings.HasPrefix(c.Position, "bottom"):
		top = float64(height) - block - size
	}
	return fmt.Sprintf("%d-ascent", int(top+size*(ascent+lineHeight*float64(i))+0.5))
}

// escapePath writes a path as the value of a filter's option: quoted once for
// the option and once for the graph.
func escapePath(path string) string {
	option := strings.NewReplacer(`\`, `\\`, `'`, `\'`, `:`, `\:`).Replace(path)
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `[`, `\[`, `]`, `\]`, `,`, `\,`, `;`, `\;`).Replace(option)
}
