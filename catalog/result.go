package catalog

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// recordResults settles facts. A fact holds for a cache_id and for all steps of
// its resolved_id, because they are the same work on the same bytes.
func recordResults(ctx context.Context, tx bun.Tx, part []execution) error {
	known, err := knownFacts(ctx, tx, part)
	if err != nil {
		return err
	}
	rows, differing := known.settle(part)
	if _, err := tx.NewInsert().Model(&rows).On("CONFLICT (cache_id) DO NOTHING").Exec(ctx); err != nil {
		return err
	}
	for _, d := range differing {
		if err := recordDifference(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

// facts are content hashes by cache_id and by resolved_id.
type facts struct {
	byStep, byWork map[dag.CacheID]dag.ContentHash
}

func knownFacts(ctx context.Context, tx bun.Tx, part []execution) (facts, error) {
	var steps, work []string
	for _, e := range part {
		steps = append(steps, e.result.CacheID.String())
		work = append(work, e.result.ResolvedID.String())
	}
	var known []Result
	err := tx.NewSelect().Model(&known).Column("cache_id", "resolved_id", "content_hash").
		Where("cache_id IN (?) OR resolved_id IN (?)", bun.List(steps), bun.List(work)).
		Order("recorded_at", "cache_id").Scan(ctx)
	f := facts{make(map[dag.CacheID]dag.ContentHash), make(map[dag.CacheID]dag.ContentHash)}
	for _, r := range known {
		f.add(r)
	}
	return f, err
}

// add lets the first fact of each identity stand.
func (f facts) add(r Result) {
	if _, ok := f.byStep[r.CacheID]; !ok {
		f.byStep[r.CacheID] = r.Content
	}
	if _, ok := f.byWork[r.ResolvedID]; !ok {
		f.byWork[r.ResolvedID] = r.Content
	}
}

func (f facts) of(r Result) (dag.ContentHash, bool) {
	if fact, ok := f.byStep[r.CacheID]; ok {
		return fact, true
	}
	fact, ok := f.byWork[r.ResolvedID]
	return fact, ok
}

// difference is an execution that contradicts a fact.
type difference struct {
	execution
	fact dag.ContentHash
}

// settle returns the rows to store, with the facts as content, one per
// cache_id, and the executions that differ from theirs.
func (f facts) settle(part []execution) (rows []Result, differing []difference) {
	for _, e := range part {
		row := e.result
		if fact, ok := f.of(row); ok && fact != row.Content {
			differing = append(differing, difference{e, fact})
			row.Content = fact
		}
		f.add(row)
		rows = append(rows, row)
		if e.result.Replaces {
			f.byStep[row.CacheID], f.byWork[row.ResolvedID] = e.result.Content, e.result.Content
		}
	}
	rows = lastOf(rows, func(r Result) dag.CacheID { return r.CacheID }, func(_, _ Result) bool { return false })
	return rows, differing
}

func recordDifference(ctx context.Context, tx bun.Tx, d difference) error {
	r := d.result
	if late, err := replacedSince(ctx, tx, r); late || err != nil {
		return err
	}
	_, err := tx.NewInsert().Model(&Difference{
		CacheID: r.CacheID, JobID: d.job, Got: r.Content, Recorded: d.fact,
		Toolchain: r.Toolchain, Worker: r.Worker, Found: r.Recorded,
	}).On("CONFLICT (cache_id, job_id, got_hash) DO NOTHING").Exec(ctx)
	if err != nil || !r.Replaces {
		return err
	}
	return replace(ctx, tx, r)
}

// replacedSince reports that r was the fact when it was made: then it is an old
// record that is repeated, and contradicts nothing.
func replacedSince(ctx context.Context, tx bun.Tx, r Result) (bool, error) {
	same := tx.NewSelect().Model((*Result)(nil)).Column("cache_id").Where("resolved_id = ?", r.ResolvedID.String())
	return tx.NewSelect().Model((*Difference)(nil)).
		Where("cache_id = ? OR cache_id IN (?)", r.CacheID.String(), same).
		Where("recorded_hash = ? AND found_at > ?", r.Content.String(), r.Recorded.UnixMilli()).
		Exists(ctx)
}

// replace makes other bytes the fact of the same work. The time keeps a
// repeated old record from undoing a newer one.
func replace(ctx context.Context, tx bun.Tx, r Result) error {
	_, err := tx.NewUpdate().Model((*Result)(nil)).
		Set("content_hash = ?, generation = generation + 1", r.Content.String()).
		Set("toolchain = ?, worker = ?, recorded_at = ?", r.Toolchain, r.Worker, r.Recorded.UnixMilli()).
		Set("wall_ms = ?, tool_ms = ?, cost = ?, bytes = ?", r.Wall.Milliseconds(), r.Tool.Milliseconds(), r.Cost, r.Bytes).
		Where("(cache_id = ? OR resolved_id = ?)", r.CacheID.String(), r.ResolvedID.String()).
		Where("content_hash <> ? AND recorded_at < ?", r.Content.String(), r.Recorded.UnixMilli()).
		Exec(ctx)
	return err
}

// Result returns what a step came to, given its cache_id or resolved_id, or
// ErrNotFound. Whether the bytes can still be had is another question.
func (db *DB) Result(ctx context.Context, id dag.CacheID) (Result, error) {
	var r Result
	err := db.bun.NewSelect().Model(&r).
		Where("cache_id = ? OR resolved_id = ?", id.String(), id.String()).
		OrderExpr("cache_id = ? DESC, recorded_at", id.String()).Limit(1).Scan(ctx)
	return r, wrap(noRows(err), "result of step "+id.String())
}

// Nondeterminism returns up to limit differences, the latest first: of one
// step, or of all when the cache_id is zero.
func (db *DB) Nondeterminism(ctx context.Context, step dag.CacheID, limit int) ([]Difference, error) {
	var found []Difference
	query := db.bun.NewSelect().Model(&found).
		Order("found_at DESC", "cache_id", "got_hash").Limit(int64(max(limit, 1)))
	if !step.IsZero() {
		query.Where("cache_id = ?", step.String())
	}
	return found, wrap(query.Scan(ctx), "nondeterminism")
}
