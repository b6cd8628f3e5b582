package main

// measureMakespan runs equal steps on two slots. The ideal is the time that
// tools took, spread evenly over the slots with nothing in between.
func measureMakespan(b *bench) ([]result, error) {
	n := b.n(40, 6)
	clip, err := b.clip("even.mp4", "640x360", 60, true)
	if err != nil {
		return nil, err
	}
	var whole, ideal, ratios []float64
	for range b.n(3, 1) {
		report, err := b.inProcess(work{recipe: segmentRecipe(n, 1, 4), input: clip, slots: 2})
		if err != nil {
			return nil, err
		}
		whole, ideal = append(whole, report.Seconds), append(ideal, report.Tool/2)
		ratios = append(ratios, report.Seconds/(report.Tool/2))
	}
	row := result{
		Name: "makespan", Unit: "s", Ours: median(whole), Theirs: median(ideal), Ratio: median(ratios), Pairs: len(whole),
		Beside: "ideal: time in tools / 2", Goal: atMost("ratio", 1.05),
	}
	return []result{row.judged()}, nil
}
