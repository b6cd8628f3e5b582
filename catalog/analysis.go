package catalog

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// Analysis is the fact that a feature of an input was measured.
type Analysis struct {
	bun.BaseModel `bun:"table:analyses,alias:analysis"`

	AnalysisID dag.AnalysisID  `bun:",pk"`
	Input      dag.ContentHash // that was measured
	Feature    string          // with its version: "beats@1"
	Content    dag.ContentHash `bun:"content_hash"` // of the document
	Created    time.Time       `bun:"created_at"`
}

// RecordAnalyses records measurements. The first one recorded for an
// analysis_id stands.
func (db *DB) RecordAnalyses(ctx context.Context, analyses []Analysis) error {
	return db.write(ctx, "record analyses", func(ctx context.Context, tx bun.Tx) error {
		return pieces(analyses, rowsPerStatement, func(part []Analysis) error {
			_, err := tx.NewInsert().Model(&part).On("CONFLICT (analysis_id) DO NOTHING").Exec(ctx)
			return err
		})
	})
}

// Analysis returns a measurement, or ErrNotFound.
func (db *DB) Analysis(ctx context.Context, id dag.AnalysisID) (Analysis, error) {
	var a Analysis
	err := db.bun.NewSelect().Model(&a).Where("analysis_id = ?", id.String()).Scan(ctx)
	return a, wrap(noRows(err), "analysis "+id.String())
}
