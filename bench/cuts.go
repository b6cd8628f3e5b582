package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// measureCuts is the case where everything beside the work shows: the cuts are
// as short as cuts of a music video are. ours is the whole process, with
// hashing and measuring the clip and syncing what was made; theirs are the same
// ffmpeg commands and one concat that copies.
func measureCuts(b *bench) ([]result, error) {
	const n, step, length = 20, 0.9, 0.5
	clip, err := b.clip("small.mp4", "320x180", 20, false)
	if err != nil {
		return nil, err
	}
	text := cutRecipe(n, step, length)
	recipe, err := b.file("cuts.yaml", text)
	if err != nil {
		return nil, err
	}
	calls, err := b.commandsOf("ffmpeg", work{recipe: text, input: clip, until: "cuts", slots: 2})
	if err != nil {
		return nil, err
	}
	row, err := alternate(b.n(9, 2),
		func() (float64, error) { return b.artdagFresh(n+1, recipe, "--jobs", "2", "-i", "clip="+clip) },
		func() (float64, error) { return b.xargsAndConcat(calls) })
	if err != nil {
		return nil, err
	}
	row.Name, row.Beside, row.Goal = "cuts", "xargs -P 2 and concat", atMost("ratio", 1.5)
	return []result{row.judged()}, nil
}

func (b *bench) xargsAndConcat(calls []toolCall) (took float64, err error) {
	a, err := b.setUp(calls)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.remove()) }()
	var list strings.Builder
	for _, dir := range a.dirs {
		fmt.Fprintf(&list, "file '%s'\n", filepath.Join(dir, "output.mkv"))
	}
	path, err := b.file("concat.txt", list.String())
	if err != nil {
		return 0, err
	}
	return seconds(func() error {
		if err := a.run(b, 2); err != nil {
			return err
		}
		_, err := b.command("", "ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y",
			"-f", "concat", "-safe", "0", "-i", path, "-c", "copy", filepath.Join(a.dirs[0], "film.mkv"))
		return err
	})
}
