package recipe

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/artdag/artdag/dag"
)

// colorNames are the basic color keywords of CSS Color Module Level 4, section
// 6.1, with orange and transparent.
var colorNames = []string{
	"aqua", "black", "blue", "fuchsia", "gray", "green", "lime", "maroon", "navy",
	"olive", "orange", "purple", "red", "silver", "teal", "transparent", "white", "yellow",
}

var hexColor = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$`)

func checkColor(text string) error {
	if hexColor.MatchString(text) || contains(colorNames, strings.ToLower(text)) {
		return nil
	}
	return fmt.Errorf("%q is not a color%s; write #rrggbb, #rrggbbaa or one of %s",
		clip(text), dag.Suggest(text, colorNames), strings.Join(colorNames, ", "))
}
