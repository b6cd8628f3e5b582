package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/servicetest"
)

func openFile(t *testing.T, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Start-up trusts the constant; a forgotten one would leave a migration out.
func TestVersionIsTheNewestMigration(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"sqlite", "postgres"} {
		files, err := fs.Glob(migrations, "migrations/"+dialect+"/*.sql")
		if err != nil {
			t.Fatal(err)
		}
		prefix := fmt.Sprintf("migrations/%s/%04d_", dialect, newestVersion)
		if newest := files[len(files)-1]; newest[:len(prefix)] != prefix {
			t.Errorf("the newest migration is %s, but newestVersion is %d", newest, newestVersion)
		}
	}
}

func TestNewerCatalog(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{filepath.Join(t.TempDir(), "catalog.db"), servicetest.Postgres(t)} {
		db := openFile(t, dsn)
		if _, err := db.bun.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, true)", newestVersion+1); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dsn); !errors.Is(err, ErrNewer) {
			t.Errorf("opening a newer catalog: %v, want ErrNewer", err)
		}
	}
}

// Transactions that read before they write fail, without immediate locks, when
// another connection wrote in between.
func TestReadThenWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "catalog.db")
	var group errgroup.Group
	for range 4 {
		db := openFile(t, path)
		for range 50 {
			group.Go(func() error { return db.write(t.Context(), "read, then write", countAndAdd) })
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if n, err := openFile(t, path).bun.NewSelect().Model((*Item)(nil)).Count(t.Context()); err != nil || n != 200 {
		t.Errorf("%d items, %v, want 200", n, err)
	}
}

func countAndAdd(ctx context.Context, tx bun.Tx) error {
	n, err := tx.NewSelect().Model((*Item)(nil)).Count(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewInsert().Model(&Item{Content: dag.HashContent([]byte{byte(n)}), Created: time.Now()}).Exec(ctx)
	return err
}

// What a hand or a fault put into the file is an error, not a zero.
func TestDamagedColumns(t *testing.T) {
	t.Parallel()
	db := openFile(t, filepath.Join(t.TempDir(), "catalog.db"))
	hash := dag.HashContent([]byte("clip"))
	if err := db.RecordItems(t.Context(), []Item{{Content: hash, Created: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.bun.Exec("UPDATE cache_items SET content_hash = upper(content_hash)"); err != nil {
		t.Fatal(err)
	}
	var item Item
	if err := db.bun.NewSelect().Model(&item).Scan(t.Context()); err == nil {
		t.Errorf("a hash in upper case was read as %s", item.Content)
	}
}
