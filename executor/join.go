package executor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/executor/ffmpeg"
)

// joined says what cuts of one form become one after the other.
func joined(cuts []cut) *dag.Facts {
	length := int64(0)
	for _, c := range cuts {
		length += c.length
	}
	return cuts[0].form.facts(length)
}

// part is one file of a join, in the form of an intermediate.
type part struct {
	path    string
	seconds float64
}

// writeJoined makes each different cut once and joins them at path.
func writeJoined(ctx context.Context, req Request, cuts []cut, path string) error {
	made := map[[2]int64]part{}
	parts := make([]part, len(cuts))
	for i, c := range cuts {
		key := [2]int64{c.from, c.length}
		if _, ok := made[key]; !ok {
			made[key] = part{partPath(req.Scratch, i), c.form.seconds(c.length)}
			if err := c.write(ctx, req, made[key].path); err != nil {
				return err
			}
		}
		parts[i] = made[key]
	}
	return join(ctx, req, parts, path)
}

func partPath(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("part-%06d.mkv", i)) }

// join copies the packets of parts, which are alike, into one file. Each part
// starts where the stated lengths of those before it end, so that nothing
// drifts, however many there are; they are opened one after the other, so that
// neither memory nor file descriptors grow with their number.
func join(ctx context.Context, req Request, parts []part, path string) error {
	var list strings.Builder
	list.WriteString("ffconcat version 1.0\n")
	total := 0.0
	files := make([]string, len(parts))
	for i, p := range parts {
		// The duration is the distance between rounded starts: rounding each
		// length to a microsecond would add up.
		micros := int64((total+p.seconds)*1e6+0.5) - int64(total*1e6+0.5)
		total += p.seconds
		files[i] = p.path
		fmt.Fprintf(&list, "file '%s'\nduration %dus\n", strings.ReplaceAll("file:"+p.path, "'", `'\''`), micros)
	}
	name := filepath.Join(req.Scratch, "list.ffconcat")
	if err := os.WriteFile(name, []byte(list.String()), 0o600); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	call := ffmpeg.Call{
		Inputs: []ffmpeg.Input{{Options: []string{"-f", "concat", "-safe", "0", "-format_whitelist", "concat,matroska"}, Path: name}},
		Maps:   []string{"0"}, Output: []string{"-c", "copy", "-f", "matroska"},
		Path: path, Dir: req.Scratch, Read: files, Duration: total,
	}
	_, err := call.Run(ctx, req.Run, req.Log, req.Progress)
	return err
}
