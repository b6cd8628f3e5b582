package catalog

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// PlanJob notes the plan of a job that is not final, and how many steps it has.
func (db *DB) PlanJob(ctx context.Context, id string, plan dag.PlanID, steps int) error {
	_, err := db.bun.NewUpdate().Model((*Job)(nil)).
		Set("plan_id = ?, steps_total = ?", plan.String(), steps).
		Where("id = ? AND status IN (?)", id, bun.List(unfinished())).Exec(ctx)
	return wrap(err, "plan job "+id)
}
