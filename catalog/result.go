package catalog

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// recordResults settles facts. A fact holds for a cache_id and for all steps of
// its resolved_id, because they are the same work on the same bytes.
func (db *DB) recordResults(ctx context.Context, tx bun.Tx, part []execution) error {
	known, err := db.knownFacts(ctx, tx, part)
	if err != nil {
		return err
	}
	rows, differing := known.settle(part)
	if err := db.bulk.insertResults(ctx, tx, rows); err != nil {
		return err
	}
	for _, d := range differing {
		if err := recordDifference(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

// fact is what a piece of work came to, and when that was last confirmed.
type fact struct {
	content dag.ContentHash
	at      time.Time
}

// facts are known facts by cache_id and by resolved_id. Steps that are the same
// work share theirs.
type facts struct{ byStep, byWork map[dag.CacheID]*fact }

func (db *DB) knownFacts(ctx context.Context, tx bun.Tx, part []execution) (facts, error) {
	known, err := db.bulk.related(ctx, tx, part)
	f := facts{make(map[dag.CacheID]*fact, len(part)), make(map[dag.CacheID]*fact, len(part))}
	for i := range known {
		f.add(known[i])
	}
	return f, err
}

// add lets the first fact of each identity stand.
func (f facts) add(r Result) {
	work, ok := f.byWork[r.ResolvedID]
	if !ok {
		work = &fact{content: r.Content}
		f.byWork[r.ResolvedID] = work
	}
	if work.content != r.Content {
		work = &fact{content: r.Content}
	}
	if _, ok := f.byStep[r.CacheID]; !ok {
		f.byStep[r.CacheID] = work
	}
	if r.Recorded.After(work.at) {
		work.at = r.Recorded
	}
}

func (f facts) of(r Result) (fact, bool) {
	known, ok := f.byStep[r.CacheID]
	if !ok {
		known, ok = f.byWork[r.ResolvedID]
	}
	if !ok {
		return fact{}, false
	}
	return *known, true
}

// replace makes r the fact of its step and of all that are the same work.
func (f facts) replace(r Result) {
	*f.byWork[r.ResolvedID] = fact{r.Content, r.Recorded}
	f.byStep[r.CacheID] = f.byWork[r.ResolvedID]
}

// difference is an execution that contradicts a fact, and whether it is the
// fact from now on.
type difference struct {
	execution
	fact     dag.ContentHash
	replaces bool
}

// settle returns the rows to store, with the facts as content, one per
// cache_id, and the executions that differ from theirs. An execution replaces
// only an older fact, so that a repeated old record undoes nothing.
func (f facts) settle(part []execution) (rows []Result, differing []difference) {
	for _, e := range part {
		row := e.result
		known, ok := f.of(row)
		if !ok || known.content == row.Content {
			f.add(row)
			rows = append(rows, row)
			continue
		}
		d := difference{e, known.content, row.Replaces && row.Recorded.After(known.at)}
		differing = append(differing, d)
		row.Content, row.Recorded = known.content, known.at
		f.add(row)
		rows = append(rows, row)
		if d.replaces {
			f.replace(e.result)
		}
	}
	rows = lastOf(rows, func(r *Result) dag.CacheID { return r.CacheID }, func(_, _ *Result) bool { return false })
	return rows, differing
}

func recordDifference(ctx context.Context, tx bun.Tx, d difference) error {
	r := d.result
	if late, err := replacedSince(ctx, tx, r); late || err != nil {
		return err
	}
	evidence := &Difference{
		CacheID: r.CacheID, JobID: d.job, Got: r.Content, Recorded: d.fact,
		Toolchain: r.Toolchain, Worker: r.Worker, Found: r.Recorded,
	}
	insert := tx.NewInsert().Model(evidence)
	if !d.replaces {
		_, err := insert.On("CONFLICT (cache_id, job_id, got_hash) DO NOTHING").Exec(ctx)
		return err
	}
	evidence.Replaced = r.Recorded
	_, err := insert.On("CONFLICT (cache_id, job_id, got_hash) DO UPDATE").
		Set("recorded_hash = EXCLUDED.recorded_hash, found_at = EXCLUDED.found_at, replaced_at = EXCLUDED.replaced_at").
		Exec(ctx)
	if err != nil {
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
		Where("recorded_hash = ? AND replaced_at > ?", r.Content.String(), r.Recorded.UnixMilli()).
		Exists(ctx)
}

// replace makes other bytes the fact of the same work.
func replace(ctx context.Context, tx bun.Tx, r Result) error {
	_, err := tx.NewUpdate().Model((*Result)(nil)).
		Set("content_hash = ?, generation = generation + 1", r.Content.String()).
		Set("toolchain = ?, worker = ?, recorded_at = ?", r.Toolchain, r.Worker, r.Recorded.UnixMilli()).
		Set("wall_ms = ?, tool_ms = ?, cost = ?, bytes = ?", r.Wall.Milliseconds(), r.Tool.Milliseconds(), r.Cost, r.Bytes).
		Where("(cache_id = ? OR resolved_id = ?)", r.CacheID.String(), r.ResolvedID.String()).
		Where("content_hash <> ?", r.Content.String()).
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
