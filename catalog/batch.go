package catalog

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// idsPerStatement keeps a statement near 40 KB.
const idsPerStatement = 500

// Results returns the facts of those steps that have one, by cache_id. It is
// for any number of ids.
func (db *DB) Results(ctx context.Context, ids []dag.CacheID) (map[dag.CacheID]Result, error) {
	found := make(map[dag.CacheID]Result, len(ids)/4)
	err := selectIn(ctx, db, "cache_id", ids, func(part []Result) {
		for _, r := range part {
			found[r.CacheID] = r
		}
	})
	return found, wrap(err, "results of steps")
}

// ResultsOfWork returns the facts of those pieces of work that have one, by
// resolved_id. The CacheID of each is that of a step that did it.
func (db *DB) ResultsOfWork(ctx context.Context, ids []dag.CacheID) (map[dag.CacheID]Result, error) {
	found := make(map[dag.CacheID]Result, len(ids)/4)
	err := selectIn(ctx, db, "resolved_id", ids, func(part []Result) {
		for _, r := range part {
			if was, ok := found[r.ResolvedID]; !ok || r.Recorded.Before(was.Recorded) {
				found[r.ResolvedID] = r
			}
		}
	})
	return found, wrap(err, "results of work")
}

// Items returns what is known of bytes. It is for any number of hashes.
func (db *DB) Items(ctx context.Context, hashes []dag.ContentHash) (map[dag.ContentHash]Item, error) {
	found := make(map[dag.ContentHash]Item, len(hashes))
	err := selectIn(ctx, db, "content_hash", hashes, func(part []Item) {
		for _, item := range part {
			found[item.Content] = item
		}
	})
	return found, wrap(err, "items")
}

// selectIn hands out the rows of a table whose column holds one of the ids.
func selectIn[Row any, ID fmt.Stringer](ctx context.Context, db *DB, column string, ids []ID, each func([]Row)) error {
	return pieces(ids, idsPerStatement, func(part []ID) error {
		texts := make([]string, len(part))
		for i, id := range part {
			texts[i] = id.String()
		}
		var found []Row
		err := db.bun.NewSelect().Model(&found).Where("? IN (?)", bun.Ident(column), bun.List(texts)).Scan(ctx)
		each(found)
		return err
	})
}
