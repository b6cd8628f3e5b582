package executor

import (
	"fmt"
	"strings"

	"github.com/artdag/artdag/dag"
)

// ParseColor reads #rgb, #rrggbb, #rrggbbaa or one of the sixteen basic color
// names of CSS (plus orange), and returns lower-case #rrggbb or #rrggbbaa.
func ParseColor(s string) (string, error) {
	lower := strings.ToLower(s)
	if hex, ok := colorByName(lower); ok {
		return hex, nil
	}
	digits, marked := strings.CutPrefix(lower, "#")
	if marked && strings.Trim(digits, "0123456789abcdef") == "" {
		switch len(digits) {
		case 3:
			d := digits
			return "#" + strings.Repeat(d[:1], 2) + strings.Repeat(d[1:2], 2) + strings.Repeat(d[2:], 2), nil
		case 6, 8:
			return lower, nil
		}
	}
	return "", fmt.Errorf("want %s, got %s%s", Key{Type: Color}.describe(), show(s), dag.Suggest(lower, colorNames()))
}

func colorByName(name string) (string, bool) {
	for _, c := range basicColors() {
		if c[0] == name {
			return c[1], true
		}
	}
	return "", false
}

func colorNames() []string {
	var names []string
	for _, c := range basicColors() {
		names = append(names, c[0])
	}
	return names
}

// basicColors are the sixteen of CSS Color Module Level 3, section 4.1, and
// orange.
func basicColors() [][2]string {
	return [][2]string{
		{"black", "#000000"}, {"silver", "#c0c0c0"}, {"gray", "#808080"}, {"white", "#ffffff"},
		{"maroon", "#800000"}, {"red", "#ff0000"}, {"purple", "#800080"}, {"fuchsia", "#ff00ff"},
		{"green", "#008000"}, {"lime", "#00ff00"}, {"olive", "#808000"}, {"yellow", "#ffff00"},
		{"navy", "#000080"}, {"blue", "#0000ff"}, {"teal", "#008080"}, {"aqua", "#00ffff"},
		{"orange", "#ffa500"},
	}
}
