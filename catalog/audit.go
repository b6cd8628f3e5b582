package catalog

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// AuditEntry says who did what.
type AuditEntry struct {
	bun.BaseModel `bun:"table:audit_log,alias:entry"`

	ID      int64 `bun:",pk,autoincrement"` // rises with time
	At      time.Time
	Actor   string
	Action  string // "cancel", "set-priority", ...
	Subject string // of the action: a job id, a worker, ...
	Detail  string // for people
}

// Audit records that an actor did something, now.
func (db *DB) Audit(ctx context.Context, actor, action, subject, detail string) error {
	entry := &AuditEntry{At: time.Now(), Actor: actor, Action: action, Subject: clean(subject), Detail: clean(detail)}
	return db.write(ctx, "audit "+action, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(entry).Returning("NULL").Exec(ctx)
		return err
	})
}

// AuditLog returns up to limit entries, the latest first: those before an id,
// or from the end when that is 0; of one subject, or of all when that is empty.
func (db *DB) AuditLog(ctx context.Context, subject string, before int64, limit int) ([]AuditEntry, error) {
	var page []AuditEntry
	query := db.bun.NewSelect().Model(&page).Order("id DESC").Limit(int64(max(limit, 1)))
	if subject != "" {
		query.Where("subject = ?", subject)
	}
	if before > 0 {
		query.Where("id < ?", before)
	}
	return page, wrap(query.Scan(ctx), "audit log")
}
