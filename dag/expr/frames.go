package expr

import (
	"fmt"
	"strconv"
	"strings"
)

// frames divides a list of frames into lists of at most n frames each:
// frames("1-250", 100) is ["1-100", "101-200", "201-250"]. A list is frames
// and ranges with commas; "1-100x2" is every second frame from 1.
func frames(l *limits, args []any) (any, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("frames: want text such as \"1-250\", got %s", describe(args[0]))
	}
	size, err := wantWhole("frames", args[1])
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, fmt.Errorf("frames: want at least 1 frame in each part, got %d", size)
	}
	all, err := parseFrames(l, text)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, (len(all)+size-1)/size)
	for len(all) > 0 {
		n := min(size, len(all))
		out = append(out, showFrames(all[:n]))
		all = all[n:]
	}
	return out, nil
}

func parseFrames(l *limits, text string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		from, to, step, err := parseRange(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		n := (to-from)/step + 1
		// Writing a part takes a string of its own.
		if err := l.grow(2 * n); err != nil {
			return nil, err
		}
		for i := range n {
			out = append(out, from+i*step)
		}
	}
	return out, nil
}

// parseRange reads "7", "1-250" or "1-100x2".
func parseRange(text string) (from, to, step int, err error) {
	bounds, by, stepped := strings.Cut(text, "x")
	first, last, ranged := strings.Cut(bounds, "-")
	if !ranged {
		last = first
	}
	if !stepped {
		by = "1"
	}
	from, err1 := strconv.Atoi(strings.TrimSpace(first))
	to, err2 := strconv.Atoi(strings.TrimSpace(last))
	step, err3 := strconv.Atoi(strings.TrimSpace(by))
	const most = 1 << 30
	if err1 != nil || err2 != nil || err3 != nil || stepped && !ranged || from > to || to > most || step < 1 {
		return 0, 0, 0, fmt.Errorf("frames: %q: want a frame, a range such as 1-250, or 1-100x2, with commas between them", clip(text))
	}
	return from, to, step, nil
}

// showFrames writes frames as short as the same form allows.
func showFrames(all []int) string {
	var parts []string
	for len(all) > 0 {
		n := run(all)
		parts = append(parts, showRun(all[:n]))
		all = all[n:]
	}
	return strings.Join(parts, ",")
}

// run returns how many frames from the first on are evenly spaced. Two frames
// are a run only when they are neighbours.
func run(all []int) int {
	if len(all) < 2 || all[1] <= all[0] {
		return 1
	}
	step, n := all[1]-all[0], 2
	for n < len(all) && all[n]-all[n-1] == step {
		n++
	}
	if n == 2 && step > 1 {
		return 1
	}
	return n
}

func showRun(all []int) string {
	first, last := all[0], all[len(all)-1]
	switch {
	case len(all) == 1:
		return strconv.Itoa(first)
	case all[1]-first == 1:
		return fmt.Sprintf("%d-%d", first, last)
	}
	return fmt.Sprintf("%d-%dx%d", first, last, all[1]-first)
}
