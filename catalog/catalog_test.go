package catalog_test

import (
	"path/filepath"
	"testing"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/catalog/catalogtest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	catalogtest.Run(t, func(t *testing.T) *catalog.DB { return open(t, filepath.Join(t.TempDir(), "catalog.db")) })
}

// open opens a catalog that is closed with the test.
func open(t testing.TB, dsn string) *catalog.DB {
	t.Helper()
	db, err := catalog.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
