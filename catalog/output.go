package catalog

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// outputRow is one output of one job. run_cache records what runs produced; it
// is never a look-up that saves planning, so jobs of one run may differ in it.
type outputRow struct {
	bun.BaseModel `bun:"table:run_cache,alias:output"`

	JobID         string `bun:",pk"`
	Name          string `bun:"output_name,pk"`
	RunID         dag.RunID
	Content       dag.ContentHash `bun:"output_hash"`
	CID           string          `bun:"ipfs_cid,nullzero"`
	ProvenanceCID string          `bun:"provenance_cid,nullzero"`
	Recipe        dag.RecipeHash
	Inputs        map[string][]dag.ContentHash
	ActorID       string
}

func (db *DB) recordOutputs(ctx context.Context, tx bun.Tx, id string, outputs []Output) error {
	if len(outputs) == 0 {
		return nil
	}
	var job Job
	if err := jobs(tx, &job).Where("job.id = ?", id).Scan(ctx); err != nil {
		return err
	}
	return db.bulk.insertOutputs(ctx, tx, &job, outputs)
}

// JobOutputs returns what a job made, in the order of the names.
func (db *DB) JobOutputs(ctx context.Context, jobID string) ([]Output, error) {
	var rows []outputRow
	err := db.bun.NewSelect().Model(&rows).Where("job_id = ?", jobID).Order("output_name").Scan(ctx)
	outputs := make([]Output, len(rows))
	for i, row := range rows {
		outputs[i] = Output{Name: row.Name, Content: row.Content, CID: row.CID}
	}
	return outputs, wrap(err, "outputs of job "+jobID)
}
