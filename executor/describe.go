package executor

import (
	"fmt"
	"strconv"
	"strings"
)

// describe says what a key accepts, for messages and for `artdag types`:
// "a number from 0 to 1", "one of fit, fill".
func (k Key) describe() string {
	forms := []string{k.form(k.Type)}
	for _, also := range k.Also {
		forms = append(forms, k.form(also))
	}
	return strings.Join(forms, ", or ")
}

// Accepts says what the key accepts, in words.
func (k Key) Accepts() string { return k.describe() }

func (k Key) form(t KeyType) string {
	switch t {
	case Number:
		return "a number" + k.bounds()
	case Integer:
		return "a whole number" + k.bounds()
	case Boolean:
		return "true or false"
	case String:
		return "a string" + k.length("characters")
	case Choice:
		return "one of " + strings.Join(k.Choices, ", ")
	case Color:
		return "a color (a name such as black, or #rrggbb, #rrggbbaa)"
	case Size:
		return "a size ([width, height] or 1280x720, each 1 to 32768)"
	case FPS:
		return "a frame rate (a number up to 1000, or 30000/1001)"
	case Percent:
		return "a percentage (0% to 100%)"
	case List:
		return fmt.Sprintf("a list of %s%s", k.Elem.describe(), k.length("elements"))
	}
	return "a map"
}

func (k Key) bounds() string {
	switch {
	case k.Above != nil && k.Max != nil:
		return fmt.Sprintf(" above %s and up to %s", plain(*k.Above), plain(*k.Max))
	case k.Above != nil:
		return " above " + plain(*k.Above)
	case k.Min != nil && k.Max != nil:
		return fmt.Sprintf(" from %s to %s", plain(*k.Min), plain(*k.Max))
	case k.Min != nil:
		return " of at least " + plain(*k.Min)
	case k.Max != nil:
		return " of at most " + plain(*k.Max)
	}
	return ""
}

func (k Key) length(of string) string {
	switch {
	case k.MinLen > 0 && k.MaxLen > 0:
		return fmt.Sprintf(" (%d to %d %s)", k.MinLen, k.MaxLen, of)
	case k.MinLen > 0:
		return fmt.Sprintf(" (at least %d %s)", k.MinLen, of)
	case k.MaxLen > 0:
		return fmt.Sprintf(" (at most %d %s)", k.MaxLen, of)
	}
	return ""
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// show writes a value that was refused, cut short.
func show(value any) string {
	s := fmt.Sprint(value)
	switch v := value.(type) {
	case string:
		s = strconv.Quote(v)
	case float64:
		s = plain(v)
	case map[string]any:
		s = "a map"
	case []any:
		s = fmt.Sprintf("a list of %d", len(v))
	}
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}
