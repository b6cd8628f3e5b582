package cache

import (
	"strings"
	"testing"

	"github.com/artdag/artdag/dag"
)

func TestRoom(t *testing.T) {
	t.Parallel()
	c, err := Open(t.TempDir(), Options{Limit: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	before, err := c.Room()
	if err != nil || before.Used != 0 || before.Limit != 1<<20 || before.Free <= 0 || before.Size < before.Free {
		t.Fatalf("room of an empty cache: %+v, %v", before, err)
	}
	if _, err := c.PutSource(t.Context(), strings.NewReader(strings.Repeat("x", 5000)), dag.ContentHash{}); err != nil {
		t.Fatal(err)
	}
	after, err := c.Room()
	if err != nil || after.Used < 5000 || after.Used > 20_000 {
		t.Errorf("room with 5000 bytes: %+v, %v", after, err)
	}
}
