package catalog

import (
	"context"

	"github.com/uptrace/bun"
)

// bulk writes and finds many rows at once: the one place where the dialects
// differ, because the farm records thousands of steps a second. Rows are
// distinct; items, which are written without the lock as well, are sorted.
type bulk interface {
	// rowsAtOnce is how many results are settled together.
	rowsAtOnce() int
	// lockFacts makes transactions that settle facts follow each other. A
	// transaction takes no locks on rows of items, steps or results before.
	lockFacts(ctx context.Context, tx bun.Tx) error
	// insertItems adds items; of known ones it fills in a missing cid.
	insertItems(ctx context.Context, tx bun.Tx, items []Item) error
	// insertSteps adds steps, or replaces those that are not done.
	insertSteps(ctx context.Context, tx bun.Tx, steps []StepRecord) error
	// insertResults adds results; known ones stay.
	insertResults(ctx context.Context, tx bun.Tx, results []Result) error
	// insertOutputs adds the outputs of a job.
	insertOutputs(ctx context.Context, tx bun.Tx, job *Job, outputs []Output) error
	// related returns the results of the same steps and of the same work, in
	// the order of recording: identities, content and time alone.
	related(ctx context.Context, tx bun.Tx, part []execution) ([]Result, error)
}
