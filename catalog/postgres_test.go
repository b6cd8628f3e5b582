package catalog_test

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/catalog/catalogtest"
	"github.com/artdag/artdag/servicetest"
)

func TestPostgres(t *testing.T) {
	t.Parallel()
	catalogtest.Run(t, func(t *testing.T) *catalog.DB { return open(t, servicetest.Postgres(t)) })
}

// Starters at once find each other out: one migrates, the others wait.
func TestPostgresFirstStarts(t *testing.T) {
	t.Parallel()
	dsn := servicetest.Postgres(t)
	together(t, 6, "start", dsn)
	if got := jobCount(t, open(t, dsn)); got != 6 {
		t.Errorf("%d jobs are recorded, want 6", got)
	}
}

func TestPostgresProcessesWrite(t *testing.T) {
	t.Parallel()
	dsn := servicetest.Postgres(t)
	together(t, 3, "write", dsn)
	if got := jobCount(t, open(t, dsn)); got != 300 {
		t.Errorf("%d jobs are recorded, want 300", got)
	}
}

// A server that goes away is an error, and no longer one when it is back.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	server := servicetest.NewPostgres(t)
	db := open(t, server.DSN())
	if err := recordBatch(t.Context(), db, "before", 1); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if err := recordBatch(t.Context(), db, "meanwhile", 1); err == nil {
		t.Error("a stopped server recorded steps")
	}
	server.Start()
	if err := recordBatch(t.Context(), db, "after", 1); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestPostgresErrorsHideThePassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"postgresql://ann:secret@localhost:1/artdag", "postgresql://ann:secret@localhost:port/artdag"} {
		if _, err := catalog.Open(t.Context(), dsn); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open: %v", err)
		}
	}
}
