package catalog

import "context"

// Timing says how long steps of a type took.
type Timing struct {
	Steps   int     // that it was measured on
	Seconds float64 // mean wall time of one
	// PerCost is wall seconds for each second that the plan had estimated, so
	// that a new step takes about PerCost times its Cost; 0 when unknown.
	PerCost float64
}

// StepTimings returns the timing of each versioned type ("SEGMENT@1") over the
// latest 10,000 results, which bounds the time this takes and follows the
// machine as it is now.
func (db *DB) StepTimings(ctx context.Context) (map[string]Timing, error) {
	var rows []struct {
		Executor  string
		Steps     int
		Wall      float64
		Estimated float64 // by the plan, and what these steps took
		Took      float64
	}
	latest := db.bun.NewSelect().Model((*Result)(nil)).
		Column("executor", "wall_ms", "cost").Order("recorded_at DESC").Limit(10_000)
	err := db.bun.NewSelect().TableExpr("(?) AS latest", latest).
		ColumnExpr("executor, count(*) AS steps, sum(wall_ms) / 1000.0 AS wall, sum(cost) AS estimated").
		ColumnExpr("sum(CASE WHEN cost > 0 THEN wall_ms ELSE 0 END) / 1000.0 AS took").
		Group("executor").Scan(ctx, &rows)
	timings := make(map[string]Timing, len(rows))
	for _, row := range rows {
		t := Timing{Steps: row.Steps, Seconds: row.Wall / float64(row.Steps)}
		if row.Estimated > 0 {
			t.PerCost = row.Took / row.Estimated
		}
		timings[row.Executor] = t
	}
	return timings, wrap(err, "step timings")
}
