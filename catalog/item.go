package catalog

import (
	"bytes"
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/artdag/artdag/dag"
)

// Item is bytes that the farm knows of.
type Item struct {
	bun.BaseModel `bun:"table:cache_items,alias:item"`

	Content   dag.ContentHash `bun:"content_hash,pk"`
	CID       string          `bun:"ipfs_cid,nullzero"` // empty until it is computed
	Size      int64           `bun:"size_bytes"`
	MediaType string
	Created   time.Time `bun:"created_at"`
}

// ItemType says what an item is to an actor.
type ItemType struct {
	bun.BaseModel `bun:"table:item_types,alias:item_type"`

	Content  dag.ContentHash `bun:"content_hash,pk"`
	ActorID  string          `bun:",pk"` // empty on one's own machine
	Type     string          `bun:",pk"` // "input", "output", ...
	Metadata map[string]any
}

// RecordItems records bytes. Of an item that is known already only a missing
// cid is filled in.
func (db *DB) RecordItems(ctx context.Context, items []Item) error {
	return db.write(ctx, "record items", func(ctx context.Context, tx bun.Tx) error {
		return db.bulk.insertItems(ctx, tx, distinctItems(items))
	})
}

func distinctItems(items []Item) []Item {
	items = lastOf(items, func(i *Item) dag.ContentHash { return i.Content }, func(was, is *Item) bool { return was.CID == "" })
	return sorted(items, func(a, b *Item) int { return bytes.Compare(a.Content[:], b.Content[:]) })
}

// Item returns what is known of bytes, or ErrNotFound.
func (db *DB) Item(ctx context.Context, content dag.ContentHash) (Item, error) {
	var item Item
	err := db.bun.NewSelect().Model(&item).Where("content_hash = ?", content.String()).Scan(ctx)
	return item, wrap(noRows(err), "content "+content.String())
}

// LabelItem says what a recorded item is to an actor. Saying it again replaces
// the metadata.
func (db *DB) LabelItem(ctx context.Context, label ItemType) error {
	label.Metadata = orEmpty(label.Metadata)
	return db.write(ctx, "label item", func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&label).
			On("CONFLICT (content_hash, actor_id, type) DO UPDATE").
			Set("metadata = EXCLUDED.metadata").Exec(ctx)
		return err
	})
}

// ItemTypes returns what an item is, to all actors, in the order of actor and
// type.
func (db *DB) ItemTypes(ctx context.Context, content dag.ContentHash) ([]ItemType, error) {
	var labels []ItemType
	err := db.bun.NewSelect().Model(&labels).Where("content_hash = ?", content.String()).
		Order("actor_id", "type").Scan(ctx)
	return labels, wrap(err, "item types")
}
