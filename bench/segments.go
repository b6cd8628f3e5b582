package main

// measureSegments is the plainest use of two cores: cuts of four seconds that
// need nothing of one another.
func measureSegments(b *bench) ([]result, error) {
	n := b.n(40, 6)
	clip, err := b.clip("even.mp4", "640x360", 60, true)
	if err != nil {
		return nil, err
	}
	text := segmentRecipe(n, 1, 4)
	recipe, err := b.file("segments.yaml", text)
	if err != nil {
		return nil, err
	}
	calls, err := b.commandsOf("ffmpeg", work{recipe: text, input: clip, slots: 2})
	if err != nil {
		return nil, err
	}
	row, err := alternate(b.n(5, 2),
		b.costing("artdag", n, func() (float64, error) { return b.artdagFresh(n, recipe, "--jobs", "2", "-i", "clip="+clip) }),
		b.costing("xargs", n, func() (float64, error) { return b.xargs(calls, 2) }))
	if err != nil {
		return nil, err
	}
	row.Name, row.Beside, row.Goal = "media segments", "xargs -P 2, the same commands", atMost("ratio", 1.05)
	return []result{row.judged()}, nil
}
