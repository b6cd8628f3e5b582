package main

// measurement is one thing to measure; it may give several rows.
type measurement struct {
	name string
	work string // what is measured, beside what
	run  func(*bench) ([]result, error)
}

// measurements are in the order of the table.
func measurements() []measurement {
	return []measurement{
		{"plan", "parse, expand, hash and order 1k, 10k and 100k steps", measurePlan},
		{"local", "a run of 1,000 cached steps, the whole process, beside make with 1,000 up-to-date targets", measureLocal},
		{"store", "1 GiB into the cache, and 1 GiB hashed in place, beside SHA3-256 alone", measureStore},
		{"index", "storing a result in a cache of 1,000,000 entries, beside one of 10", measureIndex},
		{"cuts", "20 half-second cuts and their join, beside xargs -P 2 and one concat", measureCuts},
		{"overhead", "a step beside its bare ffmpeg command", measureOverhead},
		{"makespan", "40 equal ffmpeg steps on two slots, beside the ideal", measureMakespan},
		{"segments", "40 ffmpeg segments on two slots, beside xargs -P 2 over the same commands", measureSegments},
		{"blender", "48 frames of Blender, beside the same command under xargs -P 2", measureBlender},
	}
}
