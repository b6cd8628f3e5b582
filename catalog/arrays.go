package catalog

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
)

// arrays is bulk for PostgreSQL: one prepared statement per table, whose
// parameters are its columns as binary arrays. The statements are parsed once
// per connection, and neither side formats or reads a literal.
type arrays struct{}

var _ bulk = arrays{}

func (arrays) rowsAtOnce() int { return 2000 }

// factsLock is the advisory lock of those who settle facts: "artdag" in ASCII.
// A lock on the table would keep autovacuum from it.
const factsLock = 0x617274646167

func (arrays) lockFacts(ctx context.Context, tx bun.Tx) error {
	_, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", int64(factsLock))
	return err
}

// prepared executes past bun, which would write the values into the statement.
func prepared(ctx context.Context, tx bun.Tx, statement string, columns ...any) error {
	_, err := tx.Tx.ExecContext(ctx, statement, append([]any{pgx.QueryExecModeCacheStatement}, columns...)...)
	return err
}

const insertItems = `
INSERT INTO cache_items AS item (content_hash, ipfs_cid, size_bytes, media_type, created_at)
SELECT nullif(content, ''), nullif(cid, ''), size, media, nullif(created, -9223372036854775808)
FROM unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::int8[]) AS new (content, cid, size, media, created)
ON CONFLICT (content_hash) DO UPDATE SET ipfs_cid = EXCLUDED.ipfs_cid
WHERE item.ipfs_cid IS NULL AND EXCLUDED.ipfs_cid IS NOT NULL`

func (arrays) insertItems(ctx context.Context, tx bun.Tx, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	return prepared(ctx, tx, insertItems,
		column(items, func(i *Item) string { return hex(i.Content) }),
		column(items, func(i *Item) string { return i.CID }),
		column(items, func(i *Item) int64 { return i.Size }),
		column(items, func(i *Item) string { return i.MediaType }),
		column(items, func(i *Item) int64 { return millis(i.Created) }))
}

const insertSteps = `
INSERT INTO run_steps AS step (job_id, cache_id, position, node, label, type, status, content_hash, message, started_at, finished_at)
SELECT job, nullif(id, ''), place, node, label, type, status, nullif(content, ''), message,
	nullif(started, -9223372036854775808), nullif(finished, -9223372036854775808)
FROM unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::int8[], $11::int8[])
	AS new (job, id, place, node, label, type, status, content, message, started, finished)
ON CONFLICT (job_id, cache_id) DO UPDATE SET status = EXCLUDED.status, content_hash = EXCLUDED.content_hash,
	message = EXCLUDED.message, started_at = EXCLUDED.started_at, finished_at = EXCLUDED.finished_at
WHERE step.status NOT IN ('COMPLETED', 'CACHED')`

func (arrays) insertSteps(ctx context.Context, tx bun.Tx, steps []StepRecord) error {
	return prepared(ctx, tx, insertSteps,
		column(steps, func(s *StepRecord) string { return s.JobID }),
		column(steps, func(s *StepRecord) string { return hex(s.CacheID) }),
		column(steps, func(s *StepRecord) int64 { return int64(s.Position) }),
		column(steps, func(s *StepRecord) string { return s.Node }),
		column(steps, func(s *StepRecord) string { return s.Label }),
		column(steps, func(s *StepRecord) string { return s.Type }),
		column(steps, func(s *StepRecord) string { return string(s.Status) }),
		column(steps, func(s *StepRecord) string { return hex(s.Content) }),
		column(steps, func(s *StepRecord) string { return s.Message }),
		column(steps, func(s *StepRecord) int64 { return millis(s.Started) }),
		column(steps, func(s *StepRecord) int64 { return millis(s.Finished) }))
}

const insertResults = `
INSERT INTO step_results (cache_id, resolved_id, content_hash, generation, executor, toolchain, worker, wall_ms, tool_ms, cost, bytes, recorded_at)
SELECT nullif(id, ''), nullif(work, ''), nullif(content, ''), generation, executor, toolchain, worker, wall, tool, cost, bytes,
	nullif(recorded, -9223372036854775808)
FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::text[], $7::text[], $8::int8[], $9::int8[], $10::float8[], $11::int8[], $12::int8[])
	AS new (id, work, content, generation, executor, toolchain, worker, wall, tool, cost, bytes, recorded)
ON CONFLICT (cache_id) DO NOTHING`

func (arrays) insertResults(ctx context.Context, tx bun.Tx, results []Result) error {
	return prepared(ctx, tx, insertResults,
		column(results, func(r *Result) string { return hex(r.CacheID) }),
		column(results, func(r *Result) string { return hex(r.ResolvedID) }),
		column(results, func(r *Result) string { return hex(r.Content) }),
		column(results, func(r *Result) int64 { return int64(r.Generation) }),
		column(results, func(r *Result) string { return r.Type }),
		column(results, func(r *Result) string { return r.Toolchain }),
		column(results, func(r *Result) string { return r.Worker }),
		column(results, func(r *Result) int64 { return r.Wall.Milliseconds() }),
		column(results, func(r *Result) int64 { return r.Tool.Milliseconds() }),
		column(results, func(r *Result) float64 { return r.Cost }),
		column(results, func(r *Result) int64 { return r.Bytes }),
		column(results, func(r *Result) int64 { return millis(r.Recorded) }))
}

const insertOutputs = `
INSERT INTO run_cache (job_id, output_name, run_id, output_hash, ipfs_cid, recipe, inputs, actor_id)
SELECT $1::text, name, $2::text, nullif(content, ''), nullif(cid, ''), $3::text, $4::text::json, $5::text
FROM unnest($6::text[], $7::text[], $8::text[]) AS new (name, content, cid)`

func (arrays) insertOutputs(ctx context.Context, tx bun.Tx, job *Job, outputs []Output) error {
	inputs, err := json.Marshal(job.Inputs)
	if err != nil {
		return err
	}
	return prepared(ctx, tx, insertOutputs, job.ID, hex(job.RunID), hex(job.Recipe), string(inputs), job.ActorID,
		column(outputs, func(o *Output) string { return o.Name }),
		column(outputs, func(o *Output) string { return hex(o.Content) }),
		column(outputs, func(o *Output) string { return o.CID }))
}

// The union keeps each half on its own index. Each identity is looked up by
// itself (OFFSET 0 keeps the planner from joining otherwise): before the table
// is analysed, or with = ANY ($1), it would read the whole table for each batch.
const relatedResults = `
SELECT found.* FROM unnest($1::text[]) AS asked (id), LATERAL (
	SELECT cache_id, resolved_id, content_hash, recorded_at FROM step_results WHERE cache_id = asked.id OFFSET 0) AS found
UNION
SELECT found.* FROM unnest($2::text[]) AS asked (id), LATERAL (
	SELECT cache_id, resolved_id, content_hash, recorded_at FROM step_results WHERE resolved_id = asked.id OFFSET 0) AS found
ORDER BY recorded_at, cache_id`

func (arrays) related(ctx context.Context, tx bun.Tx, part []execution) ([]Result, error) {
	steps, work := identities(part)
	found, err := tx.Tx.QueryContext(ctx, relatedResults, pgx.QueryExecModeCacheStatement, steps, work)
	if err != nil {
		return nil, err
	}
	var known []Result
	err = tx.NewSelect().DB().ScanRows(ctx, found, &known)
	return known, err
}

func column[T, V any](rows []T, value func(*T) V) []V {
	values := make([]V, len(rows))
	for i := range rows {
		values[i] = value(&rows[i])
	}
	return values
}

// hex leaves a zero identity out, which the statements turn into NULL.
func hex[ID interface {
	IsZero() bool
	String() string
}](id ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// millis returns, for the zero time, what the statements turn into NULL.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.UnixMilli()
}
