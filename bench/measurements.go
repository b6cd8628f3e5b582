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
		{"dispatch", "steps that do nothing, from submission to PostgreSQL, beside plain asynq", measureDispatch},
		{"chain", "steps of which each reads the one before, beside handlers of asynq that enqueue the next", measureChain},
		{"pickup", "a step now and then on an idle farm, and what the farm asks of Redis meanwhile", measurePickup},
		{"fairness", "a job of 10 steps behind one of 100,000, beside the same alone", measureFairness},
		{"merge", "200 jobs of one run at once, and 200 runs that share 99 of 100 steps, beside one job", measureMerge},
		{"cached", "10,000 and 100,000 finished steps submitted again", measureCached},
		{"spread", "1,000 steps of 100 ms on 16 workers of 4 slots, beside the ideal", measureSpread},
		{"scripts", "the longest script while steps are done, and while one makes 100,000 ready", measureScripts},
		{"peer", "1 GiB and 1,000 x 1 MiB between two caches, verified, beside net/http and SHA3-256 alone", measurePeer},
		{"lookup", "1,000,000 content hashes looked up in batches, beside redis-benchmark", measureLookup},
		{"recovery", "a worker killed mid-step: until the step runs elsewhere, beside asynq", measureRecovery},
		{"memory", "100,000 open steps in Redis and in the scheduler, and an idle worker", measureMemory},
		{"cuts", "20 half-second cuts and their join, beside xargs -P 2 and one concat", measureCuts},
		{"overhead", "a step beside its bare ffmpeg command", measureOverhead},
		{"makespan", "40 equal ffmpeg steps on two slots, beside the ideal", measureMakespan},
		{"segments", "40 ffmpeg segments on two slots, beside xargs -P 2 over the same commands", measureSegments},
		{"blender", "48 frames of Blender, beside the same command under xargs -P 2", measureBlender},
	}
}
