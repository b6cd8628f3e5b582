package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
)

// ItemFault is an item that a processor failed on.
type ItemFault struct {
	bun.BaseModel `bun:"table:processor_errors,alias:fault"`

	Processor string `bun:",pk"`
	Item      string `bun:",pk"` // the processor's key of it
	Error     string // of the last try, for people
	Class     string // of the error
	Tries     int    // that failed
	NextAt    time.Time
	Parked    bool // it is not tried again unless somebody asks
}

func insertFaults(ctx context.Context, tx bun.Tx, processor string, faults []ItemFault) error {
	type key struct{ processor, item string }
	faults = slices.Clone(faults)
	for i := range faults {
		faults[i].Processor = cmp.Or(faults[i].Processor, processor)
		faults[i].Error = clean(faults[i].Error)
	}
	faults = lastOf(faults, func(f *ItemFault) key { return key{f.Processor, f.Item} }, func(_, _ *ItemFault) bool { return true })
	return pieces(faults, rowsPerStatement, func(part []ItemFault) error {
		_, err := tx.NewInsert().Model(&part).On("CONFLICT (processor, item) DO UPDATE").
			Set("error = EXCLUDED.error, class = EXCLUDED.class, tries = EXCLUDED.tries").
			Set("next_at = EXCLUDED.next_at, parked = EXCLUDED.parked").Exec(ctx)
		return err
	})
}

func clearFaults(ctx context.Context, tx bun.Tx, processor string, items []string) error {
	return pieces(items, idsPerStatement, func(part []string) error {
		_, err := tx.NewDelete().Model((*ItemFault)(nil)).
			Where("processor = ? AND item IN (?)", processor, bun.List(part)).Exec(ctx)
		return err
	})
}

// DueFaults returns up to limit items of a processor that are to be tried again
// by now, the longest due first. Parked ones are not.
func (db *DB) DueFaults(ctx context.Context, processor string, now time.Time, limit int) ([]ItemFault, error) {
	var due []ItemFault
	err := db.bun.NewSelect().Model(&due).Where("processor = ? AND NOT parked", processor).
		Where("coalesce(next_at, 0) <= ?", now.UnixMilli()).
		OrderExpr("coalesce(next_at, 0), item").Limit(int64(max(limit, 1))).Scan(ctx)
	return due, wrap(err, "due items of processor "+processor)
}

// Faults returns up to limit items that a processor, or any if it is empty,
// failed on, in the order of processor and item.
func (db *DB) Faults(ctx context.Context, processor string, parkedOnly bool, limit int) ([]ItemFault, error) {
	var found []ItemFault
	query := db.bun.NewSelect().Model(&found).Order("processor", "item").Limit(int64(max(limit, 1)))
	if processor != "" {
		query.Where("processor = ?", processor)
	}
	if parkedOnly {
		query.Where("parked")
	}
	return found, wrap(query.Scan(ctx), "failed items")
}

// FaultsOf returns what is recorded of those items that a processor failed on,
// by item.
func (db *DB) FaultsOf(ctx context.Context, processor string, items []string) (map[string]ItemFault, error) {
	faults := make(map[string]ItemFault)
	// Mostly there is none at all, and a thousand items need not be looked up.
	some, err := db.bun.NewSelect().Model((*ItemFault)(nil)).Where("processor = ?", processor).Exists(ctx)
	if err != nil || !some {
		return faults, wrap(err, "failed items of processor "+processor)
	}
	err = pieces(items, idsPerStatement, func(part []string) error {
		var found []ItemFault
		err := db.bun.NewSelect().Model(&found).
			Where("processor = ? AND item IN (?)", processor, bun.List(part)).Scan(ctx)
		for _, f := range found {
			faults[f.Item] = f
		}
		return err
	})
	return faults, wrap(err, "failed items of processor "+processor)
}
